package scoring

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	gomessage "github.com/emersion/go-message"
)

// benchMessages are ordinary mail of several sizes.
func benchMessages() map[string]string {
	line := "The minutes of the last meeting are attached; please read them before Thursday.\n"
	row := `<tr><td style="color:#333333">An entry of the list</td><td><a href="https://www.example.com/item">see it</a></td></tr>` + "\n"
	return map[string]string{
		"4KB-text": "From: a@example.com\nSubject: minutes\n\n" + strings.Repeat(line, 50),
		"1MB-text": "From: a@example.com\nSubject: minutes\n\n" + strings.Repeat(line, 12_000),
		"38KB-HTML": "From: a@example.com\nSubject: news\nContent-Type: multipart/alternative; boundary=b\n\n" +
			"--b\nContent-Type: text/plain; charset=utf-8\n\n" + strings.Repeat(line, 100) +
			"--b\nContent-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n" +
			strings.Repeat(strings.ReplaceAll(row, "=", "=3D"), 220) + "--b--\n",
		"1MB-attachment": mixed("--b\nContent-Type: text/plain\n\n" + line +
			"--b\nContent-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n\n" +
			strings.Repeat(strings.Repeat("JVBERi0x", 9)+"\n", 13_000) + "--b--\n"),
	}
}

func BenchmarkMessage(b *testing.B) {
	for name, eml := range benchMessages() {
		eml := strings.ReplaceAll(eml, "\n", "\r\n")
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(eml)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := ReadMessage(strings.NewReader(eml), 2<<20); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/go-message-alone", func(b *testing.B) {
			b.SetBytes(int64(len(eml)))
			b.ReportAllocs()
			for b.Loop() {
				walkAlone(b, []byte(eml))
			}
		})
	}
}

// walkAlone decodes all parts with go-message and does nothing with them.
func walkAlone(t testing.TB, eml []byte) {
	e, err := gomessage.Read(bytes.NewReader(eml))
	if err != nil {
		t.Fatal(err)
	}
	err = e.Walk(func(_ []int, e *gomessage.Entity, err error) error {
		if err == nil && e.MultipartReader() == nil {
			_, err = io.Copy(io.Discard, e.Body)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func BenchmarkHostileMessage(b *testing.B) {
	for i, c := range evasions {
		if len(c.eml) < 16<<10 {
			continue
		}
		b.Run(fmt.Sprintf("%d-%s", i, strings.ReplaceAll(c.name, " ", "-")), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				viewOf(b, c.eml)
			}
		})
	}
}

// On well-formed mail the view and go-message agree about every part.
func TestAgreesWithGoMessage(t *testing.T) {
	for name, eml := range benchMessages() {
		t.Run(name, func(t *testing.T) {
			m := viewOf(t, eml)
			e, err := gomessage.Read(strings.NewReader(strings.ReplaceAll(eml, "\n", "\r\n")))
			if err != nil {
				t.Fatal(err)
			}
			var parts []Part
			err = e.Walk(func(path []int, e *gomessage.Entity, err error) error {
				kind, params, _ := e.Header.ContentType()
				p := Part{Type: kind, Charset: params["charset"], Depth: len(path)}
				if e.MultipartReader() == nil {
					p.Size, err = io.Copy(io.Discard, e.Body)
				}
				parts = append(parts, p)
				return err
			})
			if err != nil || len(parts) != len(m.Parts()) {
				t.Fatalf("%d parts, go-message finds %d, %v", len(m.Parts()), len(parts), err)
			}
			for i, got := range m.Parts() {
				if want := parts[i]; got.Type != want.Type || got.Charset != want.Charset || got.Size != want.Size || got.Depth != want.Depth {
					t.Errorf("part %d: %+v, go-message says %+v", i, got, want)
				}
			}
			if len(m.Oddities()) > 0 {
				t.Errorf("oddities %v", m.Oddities())
			}
		})
	}
}
