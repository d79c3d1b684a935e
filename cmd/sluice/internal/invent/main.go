// Command invent writes the invented mail of testdata/mail/invented as messages,
// one file each, with a manifest that sluice train and sluice evaluate read.
//
//	go run ./cmd/sluice/internal/invent testdata/mail/invented FOLDER
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"sluice/scoring/invented"
)

// variants is how many dresses each mail is shown in.
const variants = 2

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: invent SOURCE FOLDER")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "invent:", err)
		os.Exit(1)
	}
}

func run(source, target string) error {
	mails, err := invented.Load(source)
	if err != nil {
		return err
	}
	var manifest strings.Builder
	manifest.WriteString("path\tlabel\tsource\tlanguage\tyear\ttier\tlicence\tredistributable\tcluster\n")
	for i, m := range mails {
		label := "ham"
		if m.Spam {
			label = "spam"
		}
		for v := range variants {
			name := filepath.Join(label, m.Set, fmt.Sprintf("%05d-%d.eml", i, v))
			path := filepath.Join(target, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				return err
			}
			if err := os.WriteFile(path, m.Message(v, 1), 0o644); err != nil {
				return err
			}
			fmt.Fprintf(&manifest, "%s\t%s\tinvented-%s\t%s\t\teval\tApache-2.0\tyes\tinvented-%d\n", filepath.ToSlash(name), label, m.Set, m.Lang, i)
		}
	}
	return os.WriteFile(filepath.Join(target, "MANIFEST.tsv"), []byte(manifest.String()), 0o644)
}
