package scoring

import (
	"bytes"
	"testing"
	"unicode/utf8"
)

// FuzzMessage holds that no message makes the view panic, break its bounds or
// say anything that is not UTF-8. Run it longer with -fuzz=FuzzMessage.
func FuzzMessage(f *testing.F) {
	for _, c := range evasions {
		if len(c.eml) < 4<<10 {
			f.Add([]byte(c.eml), int64(1<<20))
		}
	}
	f.Add([]byte(attachment("a.zip", zipType, packed("b.zip", packed("c.exe", program)))), int64(1<<20))
	f.Add([]byte(attachment("a.mht", octets, mhtml(smuggling))), int64(1<<20))
	f.Add([]byte(attachment("a.png", "image/png", qrCode("https://example.org/"))), int64(1<<20))
	f.Add([]byte("Subject: cut\n\ntext"), int64(2))
	f.Add([]byte{}, int64(0))
	f.Fuzz(func(t *testing.T, eml []byte, view int64) {
		view = min(view, 1<<20)
		m, err := ReadMessage(bytes.NewReader(eml), view)
		if err != nil {
			t.Fatal(err)
		}
		checkBounds(t, m)
		if int64(len(m.Raw())) > max(view, 0) {
			t.Errorf("%d bytes kept of a view of %d", len(m.Raw()), view)
		}
		display, addr := m.From()
		for _, s := range []string{m.Text(), m.Plain(), m.HTML(), m.Hidden(), m.Subject(), display, addr} {
			if !utf8.ValidString(s) {
				t.Errorf("%q is not UTF-8", s)
			}
		}
		var decoded int64
		for _, p := range m.Parts() {
			decoded += p.Size
		}
		if limit := int64(len(m.Raw())) * (maxDepth + 1); decoded > limit {
			t.Errorf("%d bytes decoded of %d", decoded, len(m.Raw()))
		}
		for _, u := range m.URLs() {
			if len(u.Raw) > maxURLLength || len(u.Text) > maxLinkText || !utf8.ValidString(u.Raw+u.Host+u.Text) {
				t.Errorf("link %+q", u)
			}
		}
	})
}
