package scoring

import (
	"encoding/base64"
	"strings"
)

// Pages that make a file of what they carry.
var (
	payload     = strings.Repeat("A", minPayload)
	smuggling   = `<script>u = URL.createObjectURL(new Blob([d("` + payload + `")]))</script>`
	downloading = `<script>a.href = "data:application/zip;base64,` + payload + `"; a.download = "a.zip"; a.click()</script>`
)

var htmlCases = []ruleCase{
	{rule: "HTML_ONLY", hit: letter("Content-Type: text/html", "<p>"+prose+"</p>"), near: page("<p>minutes</p>")},
	{rule: "HTML_IMAGE_ONLY",
		hit:  letter("Content-Type: text/html", `<a href="https://example.org/"><img src="https://example.org/i.png"></a>`),
		near: letter("Content-Type: text/html", `<a href="https://example.org/"><img src="https://example.org/i.png"></a>`+prose)},
	{rule: "HTML_HIDDEN_TEXT",
		hit:  page(`<div style="display:none">` + strings.Repeat("grey words ", 170) + `</div>`),
		near: page(`<div style="display:none">` + strings.Repeat("grey words ", 160) + `</div>`)},
	{rule: "HTML_FORM", hit: page(`<form method=post action="https://example.org/take"><input name=a></form>`),
		near: page(`<p>Fill in the form at action="https://example.org/"</p>`)},
	{rule: "HTML_PASSWORD", hit: page(`<input name="p" type="password">`), near: page(`<input name="password" type="text">`)},
	{rule: "HTML_REFRESH", hit: page(`<meta http-equiv="refresh" content="0; url=https://example.org/">`),
		near: page(`<meta http-equiv="Content-Type" content="text/html; charset=utf-8">`)},
	{rule: "HTML_SCRIPT_PACKED", hit: attachment("a.mht", octets, mhtml("<script>self['atob'](x)</script>")),
		near: attachment("a.mht", octets, mhtml("<script>self['a'](x)</script>"))},
	{rule: "HTML_SCRIPT_PACKED", hit: page(`<script>document.write(unescape("%3Cform%3E"))</script>`),
		near: page(`<p>How to unescape("%3C") in a script</p>`)},
	{rule: "HTML_SMUGGLING", hit: page(smuggling), near: page(strings.ReplaceAll(smuggling, "A", "-"))},
	{rule: "HTML_SMUGGLING", hit: attachment("a.html", octets, utf16Of(smuggling)), near: attachment("a.html", octets, utf16Of(strings.ReplaceAll(smuggling, "create", "")))},
	{rule: "HTML_SMUGGLING", hit: attachment("a.svg", svgType, svg(downloading)), near: attachment("a.svg", svgType, svg(strings.ReplaceAll(downloading, "download", "d")))},
	{rule: "HTML_IN_PLAIN", hit: letter("", "<html><body><p>"+prose+"</p></body></html>"), near: letter("", "Use <b> for bold type. "+prose)},
	{rule: "HTML_BASE64",
		hit:  letter("Content-Type: text/html\nContent-Transfer-Encoding: base64", base64.StdEncoding.EncodeToString([]byte("<p>"+prose+"</p>"))),
		near: letter("Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: base64", base64.StdEncoding.EncodeToString([]byte("<p>Grüße</p>")))},
}
