package journal

import (
	"io"
	"path/filepath"
	"testing"
)

// BenchmarkRecord measures what the session pays for a record.
func BenchmarkRecord(b *testing.B) {
	j := open(b, Options{Queue: 1000})
	r := sample()
	b.ReportAllocs()
	for b.Loop() {
		j.Record(r)
	}
}

// BenchmarkWrite measures records that are on disk, per second.
func BenchmarkWrite(b *testing.B) {
	for _, c := range []struct {
		name string
		o    Options
	}{
		{"database", Options{Path: filepath.Join(b.TempDir(), File)}},
		{"lines", Options{Lines: "-", Stdout: io.Discard}},
	} {
		b.Run(c.name, func(b *testing.B) {
			c.o.Queue = 1000
			j, err := Open(c.o)
			if err != nil {
				b.Fatal(err)
			}
			defer j.Close()
			r := sample()
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				r.Ref = NewRef()
				j.Record(r)
				if i%500 == 499 {
					flush(b, j)
				}
			}
			flush(b, j)
			if s := j.Stats(); s.Dropped+s.Lost > 0 {
				b.Fatalf("stats = %+v", s)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
		})
	}
}
