"""What a parser raises when a page is not what it should be. Never a guess, never a silent default."""


class PageLayoutError(Exception):
    """A required element of a page is missing, doubled or unreadable."""

    def __init__(self, url: str, problem: str) -> None:
        super().__init__(f"{problem}: {url}")
        self.url = url
        self.problem = problem


class BlockPageError(PageLayoutError):
    """The page is a captcha or a refusal, answered as if it were the page asked for."""


class EmptyPageError(PageLayoutError):
    """The page holds nothing at all."""


class NotFoundPageError(PageLayoutError):
    """The page is the site's own "not found" page, whatever its status was."""


class SourceLayoutError(PageLayoutError):
    """A file that should be a post's source has no front matter, or one that tells nothing of a post."""
