package scoring

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"
)

// realMail is mail of other people, which is no part of Sluice: it may be beside it.
const realMail = "../../shared/mail/dev.tar.gz"

// TestKindOfRealMail looks at some hundred delivery reports of many mail systems and
// some thousand letters. A few of those that are labelled as delivery reports are
// none, and two that are labelled as letters are.
func TestKindOfRealMail(t *testing.T) {
	if testing.Short() {
		t.Skip("real mail takes some seconds")
	}
	label := make(map[string]string) // by path
	counts := make(map[string]map[Kind]int)
	walkRealMail(t, func(name string, text io.Reader) {
		if path.Base(name) == "MANIFEST.tsv" {
			lines := bufio.NewScanner(text)
			for lines.Scan() {
				if v := strings.Split(lines.Text(), "\t"); len(v) > 5 && v[5] == "eval" {
					label[path.Join(path.Dir(name), v[0])] = v[1]
				}
			}
			return
		}
		l := label[name]
		if l == "" {
			return
		}
		from := ""
		if l == "ham" {
			from = "somebody@example.net"
		}
		m, err := ReadMessage(text, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		if counts[l] == nil {
			counts[l] = make(map[Kind]int)
		}
		counts[l][KindOf(m, from)]++
	})
	t.Logf("by label: %v", counts)
	sum := func(l string) (n int) {
		for _, c := range counts[l] {
			n += c
		}
		return n
	}
	if found, all := counts["bounce"][Bounce], sum("bounce"); all < 500 || found*100 < all*96 {
		t.Errorf("%d of %d delivery reports recognised, want 96 of a hundred", found, all)
	}
	ham := counts["ham"]
	if all := sum("ham"); all < 5000 || ham[Bounce] > 2 || ham[Receipt]+ham[Feedback] > 0 {
		t.Errorf("of %d letters: %v", all, ham)
	}
}

// walkRealMail reads the files of the archive in its order, in which the manifest is
// the first.
func walkRealMail(t *testing.T, each func(name string, text io.Reader)) {
	t.Helper()
	f, err := os.Open(realMail)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("no real mail: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	archive := tar.NewReader(z)
	for {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg {
			each(h.Name, archive)
		}
	}
}
