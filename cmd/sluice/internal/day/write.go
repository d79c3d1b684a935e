package day

import (
	"bufio"
	"io"
	"strconv"
)

// timeFormat is that of decision records: UTC, with milliseconds.
const timeFormat = "2006-01-02T15:04:05.000Z"

// Write writes the messages as JSON, one a line.
func (d *Day) Write(w io.Writer) error {
	out := bufio.NewWriterSize(w, 1<<16)
	var line []byte
	for m := range d.Messages() {
		line = m.appendJSON(line[:0])
		if _, err := out.Write(line); err != nil {
			return err
		}
	}
	return out.Flush()
}

// appendJSON appends the line of the message. No text of a day has letters that
// JSON would escape.
func (m *Message) appendJSON(b []byte) []byte {
	b = append(b, `{"time":"`...)
	b = m.Time.AppendFormat(b, timeFormat)
	b = field(b, `","ref":"`, m.Ref)
	b = append(b, `","client":{"addr":"`...)
	b = m.Addr.AppendTo(b)
	if m.Helo != "" {
		b = field(b, `","helo":"`, m.Helo)
	}
	if m.Auth != "" {
		b = field(b, `","auth":"`, m.Auth)
	}
	b = field(b, `"},"from":"`, m.From)
	b = append(b, `","rcpts":[`...)
	for i, r := range m.Rcpts {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(field(b, `"`, r), '"')
	}
	b = strconv.AppendInt(append(b, `],"size":`...), int64(m.Size), 10)
	b = strconv.AppendFloat(append(b, `,"score":`...), m.Score, 'f', 2, 64)
	b = field(b, `,"label":"`, m.Kind.Label())
	return append(b, '"', '}', '\n')
}

func field(b []byte, before, value string) []byte {
	return append(append(b, before...), value...)
}
