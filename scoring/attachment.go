package scoring

import (
	"bytes"
	"strings"
)

// maxHead is how much of an attachment is kept, in bytes.
const maxHead = 16 << 10

// Part is one MIME part.
type Part struct {
	Type        string // media type in lower case: "text/html"; what it is read as if none is given
	Charset     string // as declared, in lower case
	Encoding    string // transfer encoding in lower case, without comments
	Disposition string // "attachment", "inline" or empty
	Name        string // file name, decoded
	Depth       int    // 0 for the message itself
	Size        int64  // decoded bytes; 0 for containers
	Embedded    bool   // inside an attached message: forwarded or returned, not written by the sender
}

// Attachment is a part that is a file: it has a name or is not text.
type Attachment struct {
	Name   string // file name, decoded; may be empty
	Type   string // media type as declared
	Size   int64  // decoded bytes, as far as the view holds them
	Head   []byte // its first bytes, decoded, at most 16 KB
	Inline bool   // meant to be shown within the message, as images are
	Inside Inside // what is in it, if it is an archive or a document
	Page   Page   // what it does, if a browser opens it
}

// attach records a leaf as an attachment if it is one.
func (m *Message) attach(p *Part, data []byte) {
	isText := strings.HasPrefix(p.Type, "text/") || strings.HasPrefix(p.Type, "message/")
	if p.Name == "" && p.Disposition != "attachment" && isText {
		return
	}
	a := Attachment{
		Name:   p.Name,
		Type:   p.Type,
		Size:   int64(len(data)),
		Head:   bytes.Clone(data[:min(len(data), maxHead)]),
		Inline: p.Disposition == "inline",
	}
	if !m.isInner {
		m.guard(func() { a.Inside = m.unpacker.look(p.Name, data) })
		m.guard(func() { m.codes.consider(data) })
		m.guard(func() { a.Page = m.pages.look(p.Name, p.Type, data) })
	}
	m.attachments = append(m.attachments, a)
}
