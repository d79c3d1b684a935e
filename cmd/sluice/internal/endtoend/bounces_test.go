package endtoend

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"

	"sluice/filter/journal"
)

// realMail is mail of other people, which is no part of Sluice: it may be beside it.
const realMail = testdata + "/../../shared/mail/dev.tar.gz"

// realBounces is how many of the delivery reports there are sent.
const realBounces = 40

// TestRealBounces sends delivery reports of many mail systems through a real server,
// and looks at what the records take them for.
func TestRealBounces(t *testing.T) {
	messages := readBounces(t)
	eachServer(t, nil, func(t *testing.T, l *lab) {
		e := bouncesExample(messages)
		l.run(t, &e)
		lines, err := l.records()
		must(t, err)
		recognised, all := 0, 0
		for text := range strings.Lines(lines) {
			var r journal.Record
			must(t, json.Unmarshal([]byte(text), &r))
			all++
			if r.Kind == "bounce" {
				recognised++
			}
		}
		t.Logf("%d of %d delivery reports are recognised", recognised, all)
		if all != len(messages) || recognised*10 < all*9 {
			t.Errorf("%d of %d recognised, %d were sent", recognised, all, len(messages))
		}
	})
}

// bouncesExample is a case that sends messages with the null sender, each by itself.
func bouncesExample(messages [][]byte) example {
	e := example{shows: "real delivery reports", sections: map[string]string{}, configs: []string{`
[group.everybody]
clients = ["127.0.0.0/8"]
policy  = "direct"

[policy.direct]
thresholds = { tag = 0.0, reject = 0.0 }
`}}
	add := func(text string) { e.dialogue = append(e.dialogue, line{number: len(e.dialogue), text: text}) }
	for _, m := range messages {
		for _, text := range []string{"client 127.0.0.2 mx.example", "> MAIL FROM:<> BODY=8BITMIME", "< 250", "> RCPT TO:<somebody@elsewhere.example>", "< 250", "> DATA", "< 354"} {
			add(text)
		}
		for text := range bytes.Lines(m) {
			add("| " + strings.TrimRight(string(text), "\r\n"))
		}
		add(".")
		add("< 250")
	}
	return e
}

// readBounces reads some of the delivery reports, from all over the archive.
func readBounces(t *testing.T) [][]byte {
	t.Helper()
	f, err := os.Open(realMail)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("no real mail: %v", err)
	}
	must(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	must(t, err)
	var all [][]byte
	archive := tar.NewReader(z)
	for {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		must(t, err)
		if h.Typeflag == tar.TypeReg && path.Base(path.Dir(h.Name)) == "bounce" {
			text, err := io.ReadAll(archive)
			must(t, err)
			all = append(all, text)
		}
	}
	var some [][]byte
	for i := range realBounces {
		some = append(some, all[i*len(all)/realBounces])
	}
	return some
}
