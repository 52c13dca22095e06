"""Fixed texts of the site: the templates that the older layout leaks into its heads, and the 404 page.

Gives constants only; the words are the sandbox's, the shapes those of the real site.
"""

NOT_FOUND_PATH = "/404.html"

FILES = {
    "/requirements.txt": "requests==2.25.1\nxpinyin==0.7.6\n",
    "/assets/css/style.css": "/* sandbox */\n",
    "/assets/js/scale.fix.js": "/* sandbox */\n",
}

HOME_TEMPLATE = """\
{% for tag in site.tags %}
  <h2 id="{{ tag[0] }}">{{ tag[0] }}</h2>
  <ul>
    {% for post in site.posts limit:20 %}
      <li><a href="{{ post.url }}">{{ post.title }}</a></li>
    {% endfor %}
  </ul>
  ---
{% endfor %}
"""
ROLLING_TEMPLATE = """\
{% for tag in site.tags %}
  {% if tag[0] == "东财滚动新闻" %}
    <h2 id="{{ tag[0] }}">{{ tag[0] }}</h2>
    <ul>
      {% for post in tag[1] limit:20 %}
        <li><a href="{{ post.url }}" target="_blank">{{ post.title }}</a></li>
      {% endfor %}
    </ul>
  {% endif %}
{% endfor %}
"""
NOT_FOUND_OLD = """\
<script language="JavaScript"> 
  function myrefresh(){window.location="/";}
  setTimeout('myrefresh()',5000);
</script>

## 404 找不到页面 Page Not Found

此页面不存在。

<<script type="text/javascript">
    var url = window.location.pathname;
    var url2 = url.split("/");
    document.write('https://github.com/zning1994/finews/blob/main/old_post/'+url2[2]+'-'+url2[3]+'-'+url2[4]+'-'+url2[5].split(".")[0]+'.md')
</script>>

如继续浏览，请访问[首页](/) 

## 本页面将于5秒后跳转至首页
"""  # noqa: W291 - the real templates have these blanks
NOT_FOUND = {
    "new": """\
<script language="JavaScript"> 
  function myrefresh(){window.location="/";}
  setTimeout('myrefresh()',5000);
</script>

<h2 id="404-找不到页面-page-not-found">404 找不到页面 Page Not Found</h2>

<p>此页面不存在。</p>

<script language="JavaScript">
    var url = window.location.pathname;
    var url2 = url.split("/");
    var url3 = 'https://github.com/zning1994/finews/blob/main/old_post/'+url2[2]+'-'+url2[3]+'-'+url2[4]+'-'+url2[5].split(".")[0]+'.md';
    var hotText = '三天前的消息已归档';
    document.write(hotText.link(url3));
</script>

<p><br />
如继续浏览，请访问<a href="/">首页</a></p>

<h2 id="本页面将于5秒后跳转至首页">本页面将于5秒后跳转至首页</h2>
""",  # noqa: W291 - as above
    "old": """\
<script language="JavaScript"> 
  function myrefresh(){window.location="/";}
  setTimeout('myrefresh()',5000);
</script>

<h2 id="404-找不到页面-page-not-found">404 找不到页面 Page Not Found</h2>

<p>此页面不存在。</p>

<p>«script type=”text/javascript”&gt;
    var url = window.location.pathname;
    var url2 = url.split(“/”);
    document.write(‘https://github.com/zning1994/finews/blob/main/old_post/’+url2[2]+’-‘+url2[3]+’-‘+url2[4]+’-‘+url2[5].split(“.”)[0]+’.md’)
&lt;/script&gt;&gt;</p>

<p>如继续浏览，请访问<a href="/">首页</a></p>

<h2 id="本页面将于5秒后跳转至首页">本页面将于5秒后跳转至首页</h2>
""",  # noqa: W291 - as above
}
