package wire

import (
	"context"
	"net"
	"testing"
	"time"
)

func TestProbe(t *testing.T) {
	serve := func(answer func(net.Conn)) string {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { ln.Close() })
		go func() {
			if c, err := ln.Accept(); err == nil {
				answer(c)
				c.Close()
			}
		}()
		return ln.Addr().String()
	}
	for what, c := range map[string]struct {
		answer func(net.Conn)
		well   bool
	}{
		"a milter":                   {func(c net.Conn) { Serve(context.Background(), c, new(forgetful), Options{}) }, true},
		"one that closes":            {func(net.Conn) {}, false},
		"something else":             {func(c net.Conn) { c.Write([]byte("220 relay ESMTP\r\n")) }, false},
		"one that never says a word": {func(c net.Conn) { time.Sleep(200 * time.Millisecond) }, false},
	} {
		err := Probe("tcp", serve(c.answer), 100*time.Millisecond)
		if (err == nil) != c.well {
			t.Errorf("%s: %v", what, err)
		}
	}
}
