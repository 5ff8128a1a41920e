# ruff: noqa: E501 - mark-up stands as publishing systems write it
"""Feed documents as publishing systems write them, one of a kind."""

from __future__ import annotations

WORDPRESS = """<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"
	xmlns:content="http://purl.org/rss/1.0/modules/content/"
	xmlns:wfw="http://wellformedweb.org/CommentAPI/"
	xmlns:dc="http://purl.org/dc/elements/1.1/"
	xmlns:atom="http://www.w3.org/2005/Atom"
	xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"
	xmlns:slash="http://purl.org/rss/1.0/modules/slash/"
	>
<channel>
	<title>Le Journal &#8211; Monde</title>
	<atom:link href="https://journal.example/feed/" rel="self" type="application/rss+xml" />
	<atom:link href="https://journal.example/feed/?paged=2" rel="next" />
	<link>https://journal.example</link>
	<description>L&#8217;actualité</description>
	<lastBuildDate>Fri, 02 Feb 2024 22:00:00 +0000</lastBuildDate>
	<language>fr-FR</language>
	<sy:updatePeriod>hourly</sy:updatePeriod>
	<generator>https://wordpress.org/?v=6.4.3</generator>
<image><url>https://journal.example/logo.png</url><title>Le Journal</title><link>https://journal.example</link><width>32</width></image>
	<item>
		<title>Irak : des frappes &#8220;ciblées&#8221; &amp; leurs suites</title>
		<link>https://journal.example/2024/02/frappes/?utm_source=rss&#038;utm_medium=rss</link>
					<comments>https://journal.example/2024/02/frappes/#comments</comments>
		<dc:creator><![CDATA[Rédaction & agences]]></dc:creator>
		<pubDate>Fri, 02 Feb 2024 21:30:00 +0000</pubDate>
				<category><![CDATA[Irak]]></category>
		<category domain="https://journal.example/t"><![CDATA[Syrie &amp; voisins]]></category>
		<guid isPermaLink="false">https://journal.example/?p=1234</guid>
					<description><![CDATA[<p>Des frappes ont visé&#8230; <a href="https://journal.example/2024/02/frappes/">Lire la suite</a></p>]]></description>
										<content:encoded><![CDATA[
<p>Des frappes ont visé la ville d&rsquo;<strong>al-Qaïm</strong>.</p>
<figure class="wp-block-embed"><blockquote class="twitter-tweet"><p lang="ar" dir="rtl">انفجارات في القائم</p>&mdash; قناة (@q) <a href="https://twitter.com/q/status/1753552223372177870">2 février 2024</a></blockquote></figure>
]]></content:encoded>
		<wfw:commentRss>https://journal.example/2024/02/frappes/feed/</wfw:commentRss>
		<slash:comments>3</slash:comments>
	</item>
	<item><title></title><link>https://journal.example/2</link><guid>https://journal.example/2</guid><description></description></item>
</channel></rss>"""

DRUPAL = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xml:base="https://ministere.example/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel><title>Communiqués</title><link>https://ministere.example/</link><language>ar</language>
<item><title>بيان رسمي</title><link>/ar/node/7</link>
<description>&lt;span&gt;بيان وزارة الدفاع حول أحداث القائم&lt;/span&gt;</description>
<pubDate>Sat, 03 Feb 2024 01:00:00 +0300</pubDate><dc:creator>admin</dc:creator>
<guid isPermaLink="false">7 at https://ministere.example</guid></item></channel></rss>"""

RDF = """<?xml version="1.0" encoding="UTF-8"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/">
<channel rdf:about="https://agence.example/"><title>Agence</title><link>https://agence.example/</link>
<description>x</description><dc:language>en</dc:language><items><rdf:Seq><rdf:li rdf:resource="https://agence.example/1"/></rdf:Seq></items></channel>
<item rdf:about="https://agence.example/1"><title>Strikes near the border</title><link>https://agence.example/1</link>
<description>Several blasts were heard.</description><dc:date>2024-02-02T22:00:00+01:00</dc:date>
<dc:creator>Desk</dc:creator><dc:subject>Iraq</dc:subject><dc:subject>Syria</dc:subject></item></rdf:RDF>"""

BLOGGER = """<?xml version='1.0' encoding='UTF-8'?><?xml-stylesheet href="x" type="text/css"?>
<feed xmlns='http://www.w3.org/2005/Atom' xmlns:openSearch='http://a9.com/-/spec/opensearchrss/1.0/' xmlns:thr='http://purl.org/syndication/thread/1.0'>
<id>tag:blogger.com,1999:blog-1</id><updated>2024-02-02T23:00:00.000+01:00</updated><title type='text'>Carnet</title>
<link rel='self' href='https://carnet.example/feeds/posts/default'/><link rel='next' type='application/atom+xml' href='https://carnet.example/feeds/posts/default?start-index=26'/>
<author><name>Sami</name><uri>http://www.blogger.com/profile/1</uri><email>noreply@blogger.com</email></author>
<entry><id>tag:blogger.com,1999:blog-1.post-2</id><published>2024-02-02T22:00:00.001+01:00</published><updated>2024-02-02T22:30:00.000+01:00</updated>
<category scheme='http://www.blogger.com/atom/ns#' term='Irak'/><category term='x' label='Étiquette'/>
<title type='html'>Nuit &lt;b&gt;agitée&lt;/b&gt; à &amp;quot;al-Qaïm&amp;quot;</title><content type='html' xml:lang='fr-CA'>&lt;p&gt;Texte &amp;amp; suite.&lt;/p&gt;</content>
<link rel='replies' type='application/atom+xml' href='https://carnet.example/c'/><link rel='alternate' type='text/html' href='https://carnet.example/2024/02/nuit.html' title='Nuit'/>
<link rel='enclosure' type='audio/mpeg' href='https://carnet.example/son.mp3'/>
<author><name>Nadia</name><uri>http://www.blogger.com/profile/2</uri><email>noreply@blogger.com</email></author></entry>
<entry><id>urn:2</id><updated>2024-02-01T10:00:00Z</updated><title>AT&amp;T &lt;3 x &lt; y</title><summary>Court</summary><link href='/relatif'/></entry></feed>"""

PODCAST = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:media="http://search.yahoo.com/mrss/">
<channel><title>Le brief</title><link>https://radio.example</link><managingEditor>contact@radio.example (La rédaction)</managingEditor>
<itunes:category text="News"><itunes:category text="Politics"/></itunes:category>
<item><title>Épisode 12</title><itunes:title>Épisode</itunes:title><itunes:summary>Résumé de l'épisode.</itunes:summary><itunes:keywords>irak, syrie,</itunes:keywords>
<enclosure url="https://radio.example/12.mp3" length="1" type="audio/mpeg"/><media:content url="https://radio.example/12.jpg" medium="image"><media:thumbnail url="https://radio.example/12-s.jpg"/><media:credit>AFP</media:credit></media:content>
<author>presse@radio.example (Leïla B.)</author><pubDate>Fri, 2 Feb 2024 06:00:00 GMT</pubDate><guid>urn:12</guid></item>
<item><title>Épisode 11</title><author>presse@radio.example</author><pubDate>Thu, 1 Feb 2024 06:00:00 GMT</pubDate><guid>urn:11</guid></item>
<item><title>Épisode 10</title><media:group><media:title>Autre</media:title><media:category>Monde</media:category><media:keywords>nuit, frontière</media:keywords><media:description>Décrit ici.</media:description></media:group><guid>urn:10</guid></item></channel></rss>"""

DOTNET = """<?xml version="1.0" encoding="utf-8"?><rss xmlns:a10="http://www.w3.org/2005/Atom" version="2.0"><channel xml:lang="en-GB"><title>Alerts</title><a10:id>x</a10:id>
<item><guid isPermaLink="false">5</guid><link>https://alerts.example/5?a=1&amp;amp;b=2</link><a10:author><a10:name>Duty officer</a10:name></a10:author><title>Road &lt;em&gt;closed&lt;/em&gt;</title><description>West of the town</description><a10:updated>2024-02-02T21:00:00Z</a10:updated></item></channel></rss>"""

FEEDBURNER = """<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"><channel><title>Via</title>
<item><title>Lien d'origine</title><link>https://feeds.example/~r/x/1</link><feedburner:origLink>https://origine.example/1</feedburner:origLink><source url="https://autre.example/rss">Autre</source></item></channel></rss>"""

NETSCAPE = """<?xml version="1.0"?><!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://my.netscape.com/publish/formats/rss-0.91.dtd">
<rss version="0.91"><channel><title>Old</title><language>en</language><item><title>Un titre</title><link>http://a.example/1</link><description>Words &amp;lt;</description></item></channel></rss>"""

USUAL = {
    "wordpress": WORDPRESS,
    "drupal": DRUPAL,
    "rdf": RDF,
    "blogger": BLOGGER,
    "podcast": PODCAST,
    "dotnet": DOTNET,
    "feedburner": FEEDBURNER,
    "netscape": NETSCAPE,
}
