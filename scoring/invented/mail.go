package invented

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Mail is one invented message.
type Mail struct {
	Kind, Lang                     string
	From, To, Cc, ReplyTo, Subject string
	Style                          string   // "plain", "html", "both" or empty
	Attach                         []string // file names
	Reply                          bool     // it answers another message
	Spam                           bool
	Set                            string // folder that it is from
	Place                          string // file and line
	body                           []string
}

// separator is the line before each message.
const separator = "==="

// Load reads all files of the folders ham and spam below dir. The subfolders
// of these are sets, each from another hand.
func Load(dir string) ([]Mail, error) {
	var all []Mail
	for _, label := range []string{"ham", "spam"} {
		err := filepath.WalkDir(filepath.Join(dir, label), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".txt" {
				return err
			}
			f, err := os.Open(path)
			if err != nil {
				return err
			}
			defer f.Close()
			name, _ := filepath.Rel(dir, path)
			mails, err := Parse(f, filepath.ToSlash(name))
			for i := range mails {
				mails[i].Spam = label == "spam"
				mails[i].Set = filepath.Base(filepath.Dir(path))
			}
			all = append(all, mails...)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("load invented mail: %w", err)
		}
	}
	return all, nil
}

// Parse reads a file. All mistakes are returned, each with its place.
func Parse(r io.Reader, name string) ([]Mail, error) {
	var mails []Mail
	var problems []error
	inBody := false
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimRight(lines.Text(), " \t\r")
		place := fmt.Sprintf("%s:%d", name, n)
		switch {
		case line == separator:
			mails = append(mails, Mail{Place: place})
			inBody = false
		case len(mails) == 0:
			if line != "" {
				problems = append(problems, fmt.Errorf("%s: text before the first %q", place, separator))
			}
		case inBody:
			m := &mails[len(mails)-1]
			m.body = append(m.body, line)
		case line == "":
			inBody = true
		default:
			if err := mails[len(mails)-1].field(line); err != nil {
				problems = append(problems, fmt.Errorf("%s: %w", place, err))
			}
		}
	}
	if n := len(mails); n > 0 && mails[n-1].From == "" && len(mails[n-1].body) == 0 {
		mails = mails[:n-1] // a last separator that closes the file
	}
	for i := range mails {
		m := &mails[i]
		for len(m.body) > 0 && m.body[len(m.body)-1] == "" {
			m.body = m.body[:len(m.body)-1]
		}
		if m.From == "" || m.Lang == "" || m.Kind == "" || len(m.body) == 0 && len(m.Attach) == 0 {
			problems = append(problems, fmt.Errorf("%s: a message needs kind, lang, from and a body", m.Place))
		}
	}
	return mails, errors.Join(append(problems, lines.Err())...)
}

func (m *Mail) field(line string) error {
	name, value, found := strings.Cut(line, ":")
	value = strings.TrimSpace(value)
	if !found {
		return fmt.Errorf("%q is no field (an empty line goes before the body)", line)
	}
	switch name {
	case "kind":
		m.Kind = value
	case "lang":
		m.Lang = value
	case "from":
		m.From = value
	case "to":
		m.To = value
	case "cc":
		m.Cc = value
	case "reply-to":
		m.ReplyTo = value
	case "subject":
		m.Subject = value
	case "attach":
		m.Attach = append(m.Attach, value)
	case "in-reply-to":
		m.Reply = value == "yes"
	case "style":
		if value != "plain" && value != "html" && value != "both" {
			return fmt.Errorf("style %q is none of plain, html, both", value)
		}
		m.Style = value
	default:
		return fmt.Errorf("there is no field %q", name)
	}
	return nil
}
