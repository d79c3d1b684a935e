package wire

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// pipe returns a link and the other end of its connection.
func pipe(t *testing.T, o Options) (*link, net.Conn) {
	near, far := net.Pipe()
	t.Cleanup(func() { near.Close(); far.Close() })
	return newLink(far, o.withDefaults()), near
}

func TestFrameLengths(t *testing.T) {
	const bound = 100
	tests := map[string]struct {
		length uint32
		bad    bool
	}{
		"zero":         {length: 0, bad: true},
		"one":          {length: 1},
		"at the bound": {length: bound},
		"one more":     {length: bound + 1, bad: true},
		"4 GiB":        {length: 1<<32 - 1, bad: true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			l, peer := pipe(t, Options{MaxFrame: bound})
			go func() {
				raw := binary.BigEndian.AppendUint32(nil, tt.length)
				peer.Write(append(raw, make([]byte, min(tt.length, bound))...))
			}()
			raw, err := l.next(patience)
			if tt.bad {
				if !errors.Is(err, ErrProtocol) {
					t.Errorf("error %v, want ErrProtocol", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if len(raw) != lengthSize+int(tt.length) {
				t.Errorf("frame of %d bytes", len(raw))
			}
		})
	}
}

func TestMaxFrameIsTheLibrarysAtMost(t *testing.T) {
	for _, n := range []int{-1, 0, DefaultMaxFrame, DefaultMaxFrame + 1} {
		if got := (Options{MaxFrame: n}).withDefaults().MaxFrame; got != DefaultMaxFrame {
			t.Errorf("MaxFrame %d gives %d", n, got)
		}
	}
	if got := (Options{MaxFrame: 1}).withDefaults().MaxFrame; got != 1 {
		t.Errorf("MaxFrame 1 gives %d", got)
	}
}

func TestTruncatedFrames(t *testing.T) {
	whole := frameOf('H', "PC\x00")
	for n := range len(whole) {
		l, peer := pipe(t, Options{})
		go func() {
			io.WriteString(peer, whole[:n])
			peer.Close()
		}()
		want := io.ErrUnexpectedEOF
		if n == 0 {
			want = io.EOF
		}
		if _, err := l.next(patience); !errors.Is(err, want) {
			t.Errorf("after %d bytes: %v, want %v", n, err, want)
		}
	}
}

func TestFramesInAnyPieces(t *testing.T) {
	frames := []string{frameOf('H', "PC\x00"), frameOf('B', strings.Repeat("x", 3*readSize)), frameOf('A', ""), frameOf('B', strings.Repeat("y", keepSize+1)), frameOf('Q', "")}
	stream := strings.Join(frames, "")
	for _, piece := range []int{1, 3, readSize - 1, readSize, len(stream)} {
		l, peer := pipe(t, Options{})
		go func() {
			for rest := stream; rest != ""; {
				n := min(piece, len(rest))
				io.WriteString(peer, rest[:n])
				rest = rest[n:]
			}
		}()
		for i, want := range frames {
			raw, err := l.next(patience)
			if err != nil {
				t.Fatalf("pieces of %d: frame %d: %v", piece, i, err)
			}
			if string(raw) != want {
				t.Fatalf("pieces of %d: frame %d is not what was sent", piece, i)
			}
		}
	}
}

func TestALongFramesBufferIsLetGo(t *testing.T) {
	l, peer := pipe(t, Options{})
	for _, tt := range []struct{ frame, most int }{
		{readSize, keepSize},
		{10 * keepSize, 11 * keepSize},
		{1, keepSize},
	} {
		go io.WriteString(peer, frameOf('B', strings.Repeat("x", tt.frame)))
		if _, err := l.next(patience); err != nil {
			t.Fatal(err)
		}
		if len(l.in) > tt.most {
			t.Errorf("after a frame of %d bytes the buffer has %d, more than %d", tt.frame, len(l.in), tt.most)
		}
	}
}

func TestHalfOpenMTABetweenFrames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, _ := pipe(t, Options{})
		began := time.Now()
		_, err := l.next(time.Hour)
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("error %v, want a deadline", err)
		}
		if d := time.Since(began); d != time.Hour {
			t.Errorf("waited %v, want an hour", d)
		}
	})
}

func TestHalfOpenMTAWithinAFrame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, peer := pipe(t, Options{Frame: 30 * time.Second})
		stopped := make(chan struct{})
		go func() { // a byte every ten seconds never lets a read run into its deadline
			defer close(stopped)
			slow := frameOf('H', "PC\x00") // in time: it must not use up the next one's
			io.WriteString(peer, slow[:5])
			time.Sleep(20 * time.Second)
			io.WriteString(peer, slow[5:])
			for _, c := range []byte(frameOf('H', "a long name\x00")) {
				if _, err := peer.Write([]byte{c}); err != nil {
					return
				}
				time.Sleep(10 * time.Second)
			}
		}()
		if _, err := l.next(time.Hour); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		_, err := l.next(time.Hour)
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("error %v, want a deadline", err)
		}
		if d := time.Since(began); d != 30*time.Second {
			t.Errorf("waited %v, want 30 seconds for the whole frame", d)
		}
		peer.Close()
		<-stopped
	})
}

func TestEachFrameHasItsOwnDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, peer := pipe(t, Options{Frame: 30 * time.Second})
		stopped := make(chan struct{})
		go func() {
			defer close(stopped)
			for range 3 {
				frame := frameOf('H', "PC\x00")
				io.WriteString(peer, frame[:5])
				time.Sleep(25 * time.Second)
				io.WriteString(peer, frame[5:])
				time.Sleep(time.Hour / 2)
			}
		}()
		for i := range 3 {
			if _, err := l.next(time.Hour); err != nil {
				t.Fatalf("frame %d: %v", i, err)
			}
		}
		<-stopped
	})
}

func TestMTAThatTakesNoAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, peer := pipe(t, Options{Write: 10 * time.Second})
		go io.WriteString(peer, frameOf('E', "")+frameOf('E', ""))
		if _, err := l.next(time.Hour); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if err := l.write([]byte("answer")); err != nil {
			t.Fatal(err)
		}
		if err := l.flush(); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("error %v, want a deadline", err)
		}
		if d := time.Since(began); d != 10*time.Second {
			t.Errorf("waited %v, want 10 seconds", d)
		}
		// Nobody knows how much of the answer was taken: nothing may follow it,
		// and the frame that has come meanwhile is not worth an answer.
		if err := l.write([]byte("more")); err == nil {
			t.Error("output goes on")
		}
		began = time.Now()
		if err := l.flush(); err == nil || time.Since(began) != 0 {
			t.Errorf("after %v: %v, want the error at once", time.Since(began), err)
		}
		if _, err := l.next(time.Hour); err == nil {
			t.Error("input goes on")
		}
		peer.Close()
	})
}

func TestAnswersAreGatheredUpToABound(t *testing.T) {
	l, peer := pipe(t, Options{})
	if err := l.write(make([]byte, flushSize-1)); err != nil {
		t.Fatal(err)
	}
	if len(l.out) != flushSize-1 {
		t.Fatalf("%d bytes wait, want %d", len(l.out), flushSize-1)
	}
	go io.Copy(io.Discard, peer)
	if err := l.write([]byte{0}); err != nil {
		t.Fatal(err)
	}
	if len(l.out) != 0 {
		t.Errorf("%d bytes wait at the bound", len(l.out))
	}
}
