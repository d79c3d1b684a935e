package scoring

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sluice/scoring/invented"
	"sluice/scoring/model"
)

// modelHit returns what the model said of a message.
func modelHit(r Report) (Hit, bool) {
	for _, h := range r.Hits {
		if h.Rule == ModelRule {
			return h, true
		}
	}
	return Hit{}, false
}

func TestTheModelExplainsItself(t *testing.T) {
	s := compile(t, Default())
	scam := letter("From: Mrs. Grace <grace@mail.example>\nReply-To: mrs.grace@gmail.com\nSubject: Donation",
		"Dear beloved, I am a widow and I have decided to donate the sum of five million dollars to you for charity. Contact my lawyer by email.")
	r := scoreText(t, s, scam, Input{Set: Relayed, From: "grace@mail.example"})
	hit, found := modelHit(r)
	if !found || hit.Points < 2 || !strings.Contains(hit.Note, ", ") {
		t.Errorf("spam: hit %+v", hit)
	}
	note := letter("In-Reply-To: <1@example.net>\nSubject: Re: Thursday", "Thanks Bob, Thursday at ten is fine. The patch is attached, I will compile it tonight.\n\n> Shall we meet?\n")
	if hit, found := modelHit(scoreText(t, s, note, Input{Set: Relayed, From: "ann@example.org"})); !found || hit.Points > 0 {
		t.Errorf("ham: hit %+v", hit)
	}
}

func TestTheModelCanBeSet(t *testing.T) {
	scam := letter("Reply-To: x@gmail.com", "Dear beloved, I am a widow and will donate the sum of five million dollars.")
	score := func(change func(*Config)) (Report, Hit, bool) {
		r := scoreText(t, compile(t, with2(change)), scam, Input{Set: Relayed, From: "ann@example.org"})
		hit, found := modelHit(r)
		return r, hit, found
	}
	_, plain, _ := score(func(*Config) {})
	if _, _, found := score(func(c *Config) { c.Model.Strength = 0 }); found {
		t.Error("a model that is switched off says something")
	}
	if _, hit, _ := score(func(c *Config) { c.Model.Strength = 0.5 }); hit.Points < 0.45*plain.Points || hit.Points > 0.55*plain.Points {
		t.Errorf("half of %v is %v", plain.Points, hit.Points)
	}
	seen, _, _ := score(func(*Config) {})
	observed, hit, _ := score(func(c *Config) { c.Model.Observe = true })
	if !hit.Observe || observed.Score >= seen.Score {
		t.Errorf("observed: %+v, score %v of %v", hit, observed.Score, seen.Score)
	}
}

// with2 is the default configuration with the model, changed.
func with2(change func(*Config)) Config {
	c := Default()
	change(&c)
	return c
}

func TestAModelOfOnesOwn(t *testing.T) {
	dir := t.TempDir()
	builtin, err := model.Default()
	if err != nil {
		t.Fatal(err)
	}
	data, _ := builtin.MarshalBinary()
	path := filepath.Join(dir, "own.model")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	c := Default()
	c.Model.File = path
	compile(t, c)
	c.Model.File = filepath.Join(dir, "gone.model")
	if got := problems(t, c); len(got) != 1 || !strings.Contains(got[0], "model.file") || !strings.Contains(got[0], "no such file") {
		t.Errorf("problems %v", got)
	}
	if err := os.WriteFile(path, data[:len(data)-1], 0o600); err != nil {
		t.Fatal(err)
	}
	c.Model.File = path
	if got := problems(t, c); len(got) != 1 || !strings.Contains(got[0], "damaged") {
		t.Errorf("problems %v", got)
	}
}

func TestMistakesOfTheModel(t *testing.T) {
	for strength, want := range map[float64]string{-1: "model.strength", 11: "model.strength"} {
		c := Default()
		c.Model.Strength = strength
		if got := problems(t, c); len(got) != 1 || !strings.Contains(got[0], want) {
			t.Errorf("%v: problems %v", strength, got)
		}
	}
}

// The honest mail of our own invention, in 26 languages and more, in every
// dress, is not tagged: newsletters, invoices, passwords, codes, parcels,
// quarrels. Half of all mail that we invented as spam is.
func TestInventedMail(t *testing.T) {
	const tag = 4
	s := compile(t, Default())
	mails, err := invented.Load("../testdata/mail/invented")
	if err != nil {
		t.Fatal(err)
	}
	spam, caught := 0, 0
	for i, m := range mails {
		if m.Spam && i%5 != 0 {
			continue
		}
		message, err := ReadMessage(bytes.NewReader(m.Message(i%3, 1)), 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		r, err := s.Score(t.Context(), message, Input{Set: Relayed, From: "ann@example.org", Now: time.Now()})
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case m.Spam:
			spam++
			if r.Score >= tag {
				caught++
			}
		case r.Score >= tag:
			t.Errorf("%s %q: score %v, hits %+v", m.Place, m.Subject, r.Score, r.Hits)
		}
	}
	if 2*caught < spam {
		t.Errorf("%d of %d spam messages are caught", caught, spam)
	}
}
