package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const infected = "127.0.0.5"

// contain lets the infected subscriber go on until it is refused, shows what is
// known of it, and lets it back.
func (s *stage) contain(ctx context.Context, from string) error {
	fmt.Fprintf(s.w, "\n== The infected subscriber goes on sending, until it is contained.\n   client %s\n", infected)
	scam, err := os.ReadFile(filepath.Join(from, "scam.eml"))
	if err != nil {
		return err
	}
	const most = 20
	for n := 2; n < most; n++ {
		victim := fmt.Sprintf("victim%d@elsewhere.example", n)
		answer, err := s.attempt(victim, bytes.ReplaceAll(scam, []byte("victim@elsewhere.example"), []byte(victim)))
		if err != nil {
			return err
		}
		fmt.Fprintf(s.w, "   to %s: %s\n", victim, answer)
		if refusedAtOnce(answer) {
			break
		}
	}
	if err := s.postfix.Clear(); err != nil {
		return err
	}
	if err := s.shell(ctx, "sender", "show", infected); err != nil {
		return err
	}
	fmt.Fprintf(s.w, "\n== The machine is clean again.\n")
	return s.shell(ctx, "sender", "release", infected, "--why", "has reinstalled it")
}

// refusedAtOnce says whether an answer was given before there was a message.
func refusedAtOnce(answer string) bool { return strings.HasPrefix(answer, "at MAIL: ") }

// attempt sends one message of the infected subscriber, and returns the answer that
// decided it.
func (s *stage) attempt(to string, message []byte) (string, error) {
	d, err := s.dial(infected)
	if err != nil {
		return "", err
	}
	defer d.raw.Close()
	d.hear(false)
	d.say(false, "EHLO PC")
	answer := ""
	switch {
	case d.say(false, "MAIL FROM:<anna@home.example>") != 250:
		answer = "at MAIL: " + d.last
	case d.say(false, "RCPT TO:<%s>", to) == 250 && d.say(false, "DATA") == 354:
		d.write(false, message)
		answer = d.last
	default:
		answer = d.last
	}
	d.say(false, "QUIT")
	return answer, d.err
}
