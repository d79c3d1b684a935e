package scoring

import "strings"

const svgType = "image/svg+xml"

// svg is an SVG image with something in it.
func svg(content string) string {
	return `<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">` + content + `</svg>`
}

// mhtml is a page that was saved with all that belongs to it.
func mhtml(page string) string {
	return "From: <Saved by a browser>\nMIME-Version: 1.0\nContent-Type: multipart/related; boundary=m\n\n" +
		"--m\nContent-Type: text/html\nContent-Transfer-Encoding: base64\n\n" + base64Of(page) + "\n--m--\n"
}

// padding is a page that begins with nothing.
var padding = strings.Repeat("<p>\n", maxHead/2)

var pageCases = []ruleCase{
	{rule: "ATTACH_HTML", hit: attachment("a.html", octets, "x"), near: attachment("a.svg", svgType, "<svg/>")},
	{rule: "ATTACH_HTML", hit: attachment("invoice", octets, "<!DOCTYPE html><p>x"), near: attachment("invoice.txt", octets, "<!DOCTYPE html><p>x")},
	{rule: "ATTACH_HTML_SCRIPT", hit: attachment("a.htm", htmlType, "<form action=x>"), near: attachment("a.htm", htmlType, "<p>form</p>")},
	{rule: "ATTACH_HTML_SCRIPT", hit: attachment("a.html", octets, padding+"<script>x()</script>"), near: attachment("a.html", octets, padding+"<!-- <script>x() -->")},
	{rule: "ATTACH_HTML_SCRIPT", hit: attachment("a.shtml", octets, utf16Of("<SCRIPT>x()</SCRIPT>")), near: attachment("a.shtml", octets, utf16Of("<P>scripts</P>"))},
	{rule: "ATTACH_HTML_SCRIPT", hit: attachment("a.mht", octets, mhtml("<script>x()</script>")), near: attachment("a.mht", octets, mhtml("<p>x()</p>"))},
	{rule: "ATTACH_HTML_SCRIPT", hit: attachment("a.xhtml", octets, `<x:script xmlns:x="x">x()</x:script>`), near: attachment("a.xhtml", octets, `<x:s cript="x"/>`)},
	{rule: "ATTACH_HTML_SCRIPT", hit: attachment("a.html", octets, `<img src=x onerror=x()>`), near: attachment("a.html", octets, `<img src=x alt="onerror x">`)},
	{rule: "ATTACH_HTML_SCRIPT", hit: attachment("a.html", octets, `<iframe src="data:text/html;base64,PGI+">`), near: attachment("a.html", octets, `<iframe src="a.html">`)},
	{rule: "ATTACH_HTML_SCRIPT", hit: attachment("a.html", octets, `<a href="javascript:x()">`), near: attachment("a.html", octets, `<a href="javascript:void(0)">`)},
	{rule: "ATTACH_HTML_SCRIPT", hit: attachment("a.html", octets, `<meta http-equiv="refresh" content="0;url=x">`), near: attachment("a.html", octets, `<meta name="refresh" content="0">`)},
	{rule: "ATTACH_SVG_SCRIPT", hit: attachment("a.svg", svgType, svg("<script>x()</script>")), near: attachment("a.svg", svgType, svg("<style>x{}</style>"))},
	{rule: "ATTACH_SVG_SCRIPT", hit: attachment("a.svg", octets, svg(`<g onload="x()"/>`)), near: attachment("a.svg", octets, svg(`<g onclick="x()"/>`))},
	{rule: "ATTACH_SVG_SCRIPT", hit: attachment("image", octets, svg("<foreignObject><iframe src=x></foreignObject>")),
		near: attachment("image", octets, svg("<foreignObject><p>words</p></foreignObject>"))},
	{rule: "ATTACH_SVG_SCRIPT", hit: attachment("a.svgz", octets, gzipped(svg("<script>x()</script>"))), near: attachment("a.svgz", octets, gzipped(svg("<g/>")))},
	{rule: "ATTACH_SVG_LINK", hit: attachment("a.svg", svgType, svg(`<a xlink:href="https://example.org/login"><g/></a>`)),
		near: attachment("a.svg", svgType, svg(`<a xlink:href="#g"><use href="https://example.org/g"/></a>`))},
}
