package invented

import (
	"encoding/base64"
	"fmt"
	"hash/fnv"
	"html"
	"math/rand/v2"
	"strings"
	"time"
)

// dress is how one message looks. It is drawn by lot.
type dress struct {
	random *rand.Rand
	mail   Mail
	tops   map[string]string // top-level domain of each invented host

	bullet   string
	brackets [2]string
	wrap     int

	layout     string
	button     string
	imageStyle string
	linkStyle  string
	tracker    string // host that links go through, if they do
	program    program
	date       time.Time
}

// newDress draws a dress for a message.
func newDress(m Mail, variant int, seed uint64) *dress {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s\n%s\n%s\n%d", m.From, m.Subject, strings.Join(m.body, "\n"), variant)
	d := &dress{random: rand.New(rand.NewPCG(h.Sum64(), seed)), mail: m, tops: make(map[string]string)}
	d.bullet = pick(d, "- ", "* ", " - ", "• ")
	d.brackets = pick(d, [2]string{"<", ">"}, [2]string{"( ", " )"}, [2]string{"", ""}, [2]string{"[", "]"})
	d.wrap = pick(d, 0, 0, 72, 76)
	d.layout = pick(d, layouts...)
	color := fmt.Sprintf("#%06x", d.random.IntN(1<<24))
	d.button = pick(d,
		`<a href="URL" style="background:`+color+`;border-radius:4px;color:#ffffff;display:inline-block;font-weight:bold;padding:12px 24px;text-decoration:none" target="_blank">TEXT</a>`,
		`<table role="presentation" border="0" cellpadding="0" cellspacing="0"><tr><td align="center" bgcolor="`+color+`" style="border-radius:3px;padding:10px 18px"><a href="URL" style="color:#fff;text-decoration:none;font-size:16px">TEXT</a></td></tr></table>`,
		`<a class="btn btn-primary" href="URL">TEXT</a>`,
		`<b><a href="URL">TEXT</a></b>`)
	d.imageStyle = pick(d, "", ` width="600" border="0" style="display:block;max-width:100%"`, ` style="height:auto"`)
	d.linkStyle = pick(d, "", ` style="color:`+color+`"`, ` target="_blank"`)
	if d.random.IntN(3) == 0 {
		d.tracker = pick(d, "click.mailer%d.example", "url%d.sender.example", "links%d.news.example", "t%d.go.example")
		d.tracker = fmt.Sprintf(d.tracker, d.random.IntN(9000))
	}
	d.program = pick(d, programs...)
	d.date = time.Date(2019, 1, 1, 7, 0, 0, 0, time.UTC).Add(time.Duration(d.random.IntN(7*365*24*3600)) * time.Second)
	return d
}

func pick[T any](d *dress, choices ...T) T { return choices[d.random.IntN(len(choices))] }

// Top-level domains that invented hosts get in place of "example": in honest
// mail and in spam the usual ones, in spam the cheap ones as well.
var (
	usualTops = []string{"com", "com", "com", "com", "com", "net", "org", "io", "co", "eu", "info"}
	cheapTops = []string{"xyz", "top", "online", "site", "shop", "ru", "info", "click", "icu", "cn", "live", "club", "store", "biz", "life", "us"}
	langTops  = map[string]string{"en": "co.uk", "de": "de", "fr": "fr", "es": "es", "it": "it", "nl": "nl", "pl": "pl", "pt": "com.br",
		"sv": "se", "da": "dk", "no": "no", "nb": "no", "fi": "fi", "cs": "cz", "sk": "sk", "hu": "hu", "ro": "ro", "hr": "hr", "ru": "ru", "uk": "ua",
		"el": "gr", "bg": "bg", "sr": "rs", "tr": "com.tr", "ar": "ae", "he": "co.il", "fa": "ir", "zh": "cn", "ja": "co.jp", "ko": "co.kr", "hi": "in",
		"th": "co.th", "vi": "vn", "id": "co.id", "ms": "com.my", "bn": "com.bd", "ta": "in", "lt": "lt", "lv": "lv", "et": "ee", "sl": "si",
		"ca": "cat", "sw": "co.ke", "af": "co.za", "fil": "com.ph", "tl": "com.ph"}
)

// hosts gives each invented host in a text a top-level domain; the same host
// gets the same throughout a message.
func (d *dress) hosts(text string) string {
	var b strings.Builder
	for {
		at := strings.Index(text, ".example")
		if at < 0 {
			b.WriteString(text)
			return b.String()
		}
		start := strings.LastIndexFunc(text[:at], func(r rune) bool {
			return r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
		}) + 1
		name := strings.ToLower(text[start:at])
		if d.tops[name] == "" {
			d.tops[name] = d.top()
		}
		b.WriteString(text[:at] + "." + d.tops[name])
		text = text[at+len(".example"):]
	}
}

func (d *dress) top() string {
	local, ok := langTops[d.mail.Lang]
	switch n := d.random.IntN(10); {
	case d.mail.Spam && n < 4:
		return pick(d, cheapTops...)
	case ok && (n < 7 && d.mail.Lang != "en" || n < 5 && d.mail.Lang == "en"):
		return local
	}
	return pick(d, usualTops...)
}

func (d *dress) link(url string) string { return d.hosts(url) }

// tracked returns a link as newsletters have it: through a counter of clicks.
func (d *dress) tracked(url string) string {
	if d.tracker == "" || strings.HasPrefix(url, "mailto:") {
		return d.hosts(url)
	}
	token := make([]byte, 12+d.random.IntN(60))
	for i := range token {
		token[i] = byte(d.random.Uint32())
	}
	return d.hosts("https://" + d.tracker + pick(d, "/ls/click?upn=", "/c/", "/track/click/", "/r?u=") + base64.RawURLEncoding.EncodeToString(token))
}

func (d *dress) imageURL(name string) string {
	if strings.Contains(name, "://") {
		return d.hosts(name)
	}
	_, host, _ := strings.Cut(d.mail.From, "@")
	return d.hosts("https://" + pick(d, "img.", "cdn.", "static.", "images.") + strings.Trim(host, "<> ") + "/" + html.EscapeString(name))
}

// layouts are the styles of HTML.
var layouts = []string{"gmail", "outlook", "apple", "thunderbird", "card", "newsletter", "newsletter", "bare"}

// page writes the body as HTML in the layout of the dress.
func (d *dress) page(all []block) string {
	var b strings.Builder
	open, shut := d.paragraphTags()
	for i, bl := range all {
		firstRow := bl.kind == row && (i == 0 || all[i-1].kind != row)
		lastRow := bl.kind == row && (i == len(all)-1 || all[i+1].kind != row)
		switch bl.kind {
		case heading:
			b.WriteString(pick(d, "<h1>", `<h1 style="font-size:22px;margin:0 0 16px">`, "<h1>") + d.inline(bl.text) + "</h1>\n")
		case item:
			b.WriteString("<ul><li>" + d.inline(bl.text) + "</li></ul>\n")
		case quoted:
			b.WriteString("<blockquote>" + d.inline(bl.text) + "</blockquote>\n")
		case small:
			b.WriteString(`<p style="font-size:11px;color:#888888">` + d.inline(bl.text) + "</p>\n")
		case signature:
			b.WriteString(open + "-- " + shut + "\n")
		case row:
			if firstRow {
				b.WriteString(`<table cellpadding="4" style="border-collapse:collapse">`)
			}
			b.WriteString("<tr>")
			for _, cell := range bl.cells {
				b.WriteString(`<td style="border-bottom:1px solid #ddd">` + d.inline(cell) + "</td>")
			}
			b.WriteString("</tr>\n")
			if lastRow {
				b.WriteString("</table>\n")
			}
		default:
			b.WriteString(open + d.inline(bl.text) + shut + "\n")
		}
	}
	return d.around(d.hosts(b.String()))
}

func (d *dress) paragraphTags() (open, shut string) {
	switch d.layout {
	case "gmail":
		return "<div>", "</div><div><br></div>"
	case "outlook":
		return `<p class=MsoNormal><span lang=EN-US style='font-size:11.0pt'>`, `<o:p></o:p></span></p>`
	case "apple":
		return "<div>", `</div><div><br class=""></div>`
	case "card", "newsletter":
		return `<p style="font-size:16px;line-height:1.5;margin:0 0 16px;color:#333333">`, "</p>"
	}
	return "<p>", "</p>"
}

// around writes the document around a body.
func (d *dress) around(body string) string {
	title := html.EscapeString(d.mail.Subject)
	switch d.layout {
	case "gmail":
		return `<div dir="ltr">` + body + `</div>`
	case "outlook":
		return `<html xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" xmlns="http://www.w3.org/TR/REC-html40"><head><meta http-equiv=Content-Type content="text/html; charset=utf-8"><meta name=Generator content="Microsoft Word 15 (filtered medium)"><style><!--
p.MsoNormal {margin:0cm;font-size:11.0pt;font-family:"Calibri",sans-serif;}
--></style></head><body lang=EN-US link="#0563C1" vlink="#954F72"><div class=WordSection1>` + body + `</div></body></html>`
	case "apple":
		return `<html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"></head><body style="word-wrap: break-word; -webkit-nbsp-mode: space; line-break: after-white-space;">` + body + `</body></html>`
	case "thunderbird":
		return `<!DOCTYPE html><html><head><meta http-equiv="content-type" content="text/html; charset=UTF-8"></head><body text="#000000" bgcolor="#FFFFFF">` + body + `</body></html>`
	case "card":
		return `<!DOCTYPE html><html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>` + title + `</title><style>@media only screen and (max-width:600px){.container{width:100%!important}}</style></head><body style="background-color:#f4f4f7;margin:0;padding:24px;font-family:Helvetica,Arial,sans-serif"><table role="presentation" align="center" width="600" class="container" cellpadding="0" cellspacing="0" style="background-color:#ffffff"><tr><td style="padding:32px">` + body + `</td></tr></table></body></html>`
	case "newsletter":
		preview := title
		return `<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd"><html xmlns="http://www.w3.org/1999/xhtml"><head><meta http-equiv="Content-Type" content="text/html; charset=UTF-8"/><title>` + title + `</title><style type="text/css">body,td{font-family:Arial,sans-serif} a{color:#0a66c2} @media screen and (max-width:480px){.full{width:100%!important}}</style></head><body bgcolor="#eeeeee"><div style="display:none;max-height:0;overflow:hidden">` + preview + `</div><table width="100%" bgcolor="#eeeeee" border="0" cellspacing="0" cellpadding="0"><tr><td align="center"><table class="full" width="640" bgcolor="#ffffff" border="0" cellspacing="0" cellpadding="0"><tr><td style="padding:20px">` + body + `</td></tr></table></td></tr></table><img src="` + d.imageURL("open.gif") + `" width="1" height="1" alt=""></body></html>`
	}
	return "<html><body>" + body + "</body></html>"
}
