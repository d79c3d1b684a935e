package invented

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"path"
	"strings"
	"time"
)

// program is a mail program, as far as its header and its parts show it.
type program struct {
	name      string // of the field below, if it names itself
	field     string
	messageID string // with %x for random digits
	boundary  string
	order     string // of the first fields
	webmailer bool   // sends for others: a List-Unsubscribe field
}

var programs = []program{
	{"", "", "CA+%x%x@mail.gmail.com", "%x%x", "mime date id from to subject type", false},
	{"Apple Mail (2.3654.60.0.2.21)", "X-Mailer", "%X-%x-%x@DOMAIN", "Apple-Mail=_%X", "from type mime date subject to id", false},
	{"Microsoft Outlook 16.0", "X-Mailer", "%x$%x$%x$@DOMAIN", "----=_NextPart_000_%X", "from to subject date id mime type", false},
	{"Mozilla Thunderbird", "User-Agent", "%x-%x-%x@DOMAIN", "------------%x%x", "id date mime from to subject type", false},
	{"Roundcube Webmail/1.6.2", "User-Agent", "%x%x@DOMAIN", "=_%x%x", "mime date from to subject id type", false},
	{"", "", "%x.%x@DOMAIN", "----=_Part_%x", "date from to id subject mime type", false},
	{"PHPMailer 6.8.0", "X-Mailer", "%x%x@DOMAIN", "b1_%x%x", "date to from subject id mime type", false},
	{"", "", "%x-%x-%x@geopod-ismtpd", "%x%x", "type date from mime id subject to", true},
	{"", "", "%x%x@DOMAIN", "_----------=_MCPart_%x", "subject from to date id mime type", true},
	{"iPhone Mail (21F90)", "X-Mailer", "%X-%x-%x@DOMAIN", "Apple-Mail-%X", "type from mime date id subject to", false},
}

// Message returns the mail as it travels, with LF line ends. Variants differ
// in dress.
func (m Mail) Message(variant int, seed uint64) []byte {
	d := newDress(m, variant, seed)
	all := blocks(m.body)
	text := part{kind: "text/plain; charset=" + pick(d, "UTF-8", "utf-8", `"utf-8"`), body: []byte(d.hosts(d.plain(all)))}
	page := part{kind: "text/html; charset=" + pick(d, "UTF-8", "utf-8", `"utf-8"`), body: []byte(d.page(all))}
	var root part
	switch style := m.Style; {
	case style == "plain" || style == "" && d.random.IntN(4) == 0:
		root = text
	case style == "html" && d.random.IntN(3) > 0:
		root = page
	default:
		root = d.multipart("alternative", text, page)
	}
	if len(m.Attach) > 0 {
		parts := []part{root}
		for _, name := range m.Attach {
			parts = append(parts, d.file(name))
		}
		root = d.multipart("mixed", parts...)
	}
	var b bytes.Buffer
	d.header(&b)
	root.write(&b, d)
	return b.Bytes()
}

// part is a MIME part: text, file or container.
type part struct {
	kind     string // the field Content-Type
	more     string // further fields
	boundary string
	parts    []part
	body     []byte
	binary   bool
}

func (d *dress) multipart(kind string, parts ...part) part {
	boundary := d.pattern(d.program.boundary)
	return part{kind: fmt.Sprintf("multipart/%s; boundary=%q", kind, boundary), boundary: boundary, parts: parts}
}

// file returns an attachment of that name, with some bytes that begin as such
// a file does.
func (d *dress) file(name string) part {
	ext := strings.ToLower(path.Ext(name))
	kind := mime.TypeByExtension(ext)
	head := map[string]string{".pdf": "%PDF-1.5\n", ".zip": "PK\x05\x06", ".docx": "PK\x03\x04", ".xlsx": "PK\x03\x04", ".png": "\x89PNG\r\n\x1a\n",
		".jpg": "\xff\xd8\xff\xe0", ".jpeg": "\xff\xd8\xff\xe0", ".rar": "Rar!\x1a\x07"}[ext]
	switch ext {
	case ".html", ".htm", ".shtml":
		kind, head = "text/html", "<html><body>see the page</body></html>"
	case ".ics":
		kind, head = "text/calendar", "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n"
	}
	if kind == "" {
		kind = "application/octet-stream"
	}
	kind, _, _ = strings.Cut(kind, ";")
	body := []byte(head)
	if !strings.HasPrefix(kind, "text/") {
		for range 200 + d.random.IntN(2000) {
			body = append(body, byte(d.random.Uint32()))
		}
	}
	name = mime.QEncoding.Encode("utf-8", name)
	return part{kind: fmt.Sprintf("%s; name=%q", kind, name), more: fmt.Sprintf("Content-Disposition: attachment; filename=%q\n", name), body: body, binary: true}
}

func (p part) write(b *bytes.Buffer, d *dress) {
	b.WriteString("Content-Type: " + p.kind + "\n" + p.more)
	if p.boundary != "" {
		b.WriteString("\n")
		for _, inner := range p.parts {
			b.WriteString("--" + p.boundary + "\n")
			inner.write(b, d)
			b.WriteString("\n")
		}
		b.WriteString("--" + p.boundary + "--\n")
		return
	}
	switch n := d.random.IntN(4); {
	case p.binary || n == 0:
		b.WriteString("Content-Transfer-Encoding: base64\n\n")
		encoded := base64.StdEncoding.EncodeToString(p.body)
		for len(encoded) > 76 {
			b.WriteString(encoded[:76] + "\n")
			encoded = encoded[76:]
		}
		b.WriteString(encoded + "\n")
	case n == 1 && !longLines(p.body):
		b.WriteString("Content-Transfer-Encoding: 8bit\n\n")
		b.Write(p.body)
	default:
		b.WriteString("Content-Transfer-Encoding: quoted-printable\n\n")
		w := quotedprintable.NewWriter(b)
		w.Write(bytes.ReplaceAll(p.body, []byte("\n"), []byte("\r\n")))
		w.Close()
	}
}

// longLines says whether a line has more than 998 bytes (RFC 5322 section
// 2.1.1).
func longLines(body []byte) bool {
	for line := range bytes.Lines(body) {
		if len(line) > 998 {
			return true
		}
	}
	return false
}

// header writes the header up to the content fields.
func (d *dress) header(b *bytes.Buffer) {
	m := d.mail
	from := d.hosts(m.From)
	to := m.To
	if to == "" {
		to = pick(d, "reader@home.example", "Kim Reader <kim@home.example>", "office@firm.example", "j.reader@post.example")
	}
	_, domain, _ := strings.Cut(from, "@")
	domain = strings.Trim(domain, "<> ")
	id := "<" + strings.ReplaceAll(d.pattern(d.program.messageID), "DOMAIN", domain) + ">"
	fields := map[string]string{
		"date":    "Date: " + d.date.In(time.FixedZone("", 3600*(d.random.IntN(14)-5))).Format(time.RFC1123Z),
		"from":    "From: " + encodeAddress(from),
		"to":      "To: " + encodeAddress(d.hosts(to)),
		"subject": "Subject: " + mime.QEncoding.Encode("utf-8", d.hosts(m.Subject)),
		"id":      "Message-ID: " + id,
		"mime":    "MIME-Version: 1.0",
	}
	for name := range strings.FieldsSeq(d.program.order) {
		if field := fields[name]; field != "" {
			b.WriteString(field + "\n")
		}
	}
	if m.Cc != "" {
		b.WriteString("Cc: " + encodeAddress(d.hosts(m.Cc)) + "\n")
	}
	if m.ReplyTo != "" {
		b.WriteString("Reply-To: " + encodeAddress(d.hosts(m.ReplyTo)) + "\n")
	}
	if m.Reply {
		parent := "<" + d.pattern("%x.%x@post.example") + ">"
		b.WriteString("In-Reply-To: " + parent + "\nReferences: " + parent + "\n")
	}
	if d.program.field != "" {
		b.WriteString(d.program.field + ": " + d.program.name + "\n")
	}
	if d.program.webmailer {
		b.WriteString("List-Unsubscribe: <https://" + domain + "/u/" + d.pattern("%x") + ">\n")
	}
}

// encodeAddress encodes the display name of an address (RFC 2047).
func encodeAddress(list string) string {
	open := strings.LastIndex(list, "<")
	if open < 1 || strings.Count(list, "<") > 1 {
		return list
	}
	name := strings.TrimSpace(strings.ReplaceAll(list[:open], `"`, ""))
	encoded := mime.BEncoding.Encode("utf-8", name)
	if encoded == name && strings.ContainsAny(name, ",;:()<>@.[]") {
		encoded = `"` + name + `"`
	}
	return encoded + " " + list[open:]
}

// pattern fills in random digits: %x a few, %X a run in capitals.
func (d *dress) pattern(p string) string {
	for strings.Contains(p, "%x") {
		p = strings.Replace(p, "%x", fmt.Sprintf("%x", d.random.Uint64()>>(8*d.random.IntN(4))), 1)
	}
	for strings.Contains(p, "%X") {
		p = strings.Replace(p, "%X", fmt.Sprintf("%08X", d.random.Uint32()), 1)
	}
	return p
}
