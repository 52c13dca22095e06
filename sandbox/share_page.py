"""The share page, `html_News/NewsShare.html?infoCode=`: a static shell without a word of the news.

Its script fetches GetNewsText.do for the infoCode of its own address and shows what comes. It loads itself anew
once, `RELOAD_SECONDS` after it was there, and it asks for a stylesheet and a picture.
"""

RELOAD_SECONDS = 2

SHARE_PAGE = f"""\
<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8">
<title>资讯分享</title>
<link rel="stylesheet" href="/html_News/css/share.css">
<script>
window.onload = function () {{
  var code = new URLSearchParams(location.search).get("infoCode");
  fetch("/NewsData/GetNewsText.do?id=" + encodeURIComponent(code))
    .then(function (answer) {{ return answer.json(); }})
    .then(function (news) {{
      document.getElementById("title").textContent = news.title;
      document.getElementById("text").innerHTML = news.text || news.content;
    }});
  if (!sessionStorage.getItem(location.href)) {{
    sessionStorage.setItem(location.href, "reloaded");
    setTimeout(function () {{ location.reload(); }}, {RELOAD_SECONDS * 1000});
  }}
}};
</script>
</head>
<body><img src="/html_News/images/logo.png" alt=""><h1 id="title"></h1><div id="text"></div></body>
</html>
"""
