"""Whether two posts tell the same news: pure, no clock, no database; the same whichever of the two is named first.

    News          what is compared, made from a document of `posts` by `news`
    exact_key     equal for texts that are equal but for width, punctuation, numerals, dateline, head, source tail
    band_keys     texts that are likely to be alike share one: the keys of the candidate index
    near_enough_in_time    two identical flashes on two days are two news
    likeness      the decision, with kind and similarity

In: title, text, times and securities as the store holds them. Keys and verdicts of two VERSIONs do not compare.
Refuses to guess about a post without text, which is like no other.
"""

from pipelines.likeness.bands import band_keys, exact_key
from pipelines.likeness.compare import Likeness, likeness, near_enough_in_time
from pipelines.likeness.news import VERSION, News, news

__all__ = ["VERSION", "Likeness", "News", "band_keys", "exact_key", "likeness", "near_enough_in_time", "news"]
