package store

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"
)

// filled returns a store with a million keys in each of the windows, charged in
// each of some slots up to now, and the bytes of heap that each key takes in all
// windows together.
func filled(b *testing.B, windows []Charge, slots int) (m *Memory, perKey float64) {
	before := heap()
	m, err := OpenMemory(Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { m.Close() })
	charges := append([]Charge(nil), windows...)
	for slot := slots - 1; slot >= 0; slot-- {
		now := at.Add(-time.Duration(slot) * charges[0].Window / maxSlots)
		for i := range DefaultCapacity {
			set(charges, i)
			if _, err := m.Take(context.Background(), now, charges); err != nil {
				b.Fatal(err)
			}
		}
	}
	return m, float64(heap()-before) / float64(DefaultCapacity)
}

var at = time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)

// set puts the i-th key into the charges.
func set(charges []Charge, i int) {
	key := fmt.Sprintf("ip:10.%d.%d.%d", i>>16&255, i>>8&255, i&255)
	for j := range charges {
		charges[j].Key, charges[j].Value = key, key
	}
}

func heap() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

var oneWindow = []Charge{{Limit: "recipients-1h", Kind: Window, Window: time.Hour, Max: 1 << 40, Cost: 1}}

var fourWindows = []Charge{
	{Limit: "recipients-10m", Kind: Window, Window: 10 * time.Minute, Max: 1 << 40, Cost: 1},
	{Limit: "recipients-1h", Kind: Window, Window: time.Hour, Max: 1 << 40, Cost: 1},
	{Limit: "recipients-1d", Kind: Window, Window: 24 * time.Hour, Max: 1 << 40, Cost: 1},
	{Limit: "messages-1h", Kind: Window, Window: time.Hour, Max: 1 << 40, Cost: 1},
}

func BenchmarkTake(b *testing.B) {
	cases := []struct {
		name    string
		windows []Charge
		slots   int
	}{
		{"window", oneWindow, 1},
		{"window-full", oneWindow, maxSlots},
		{"4windows", fourWindows, 1},
		{"bucket", []Charge{{Limit: "b", Kind: Bucket, Window: time.Hour, Max: 1 << 40, Burst: 1 << 40, Cost: 1}}, 1},
		{"distinct", []Charge{{Limit: "d", Kind: Distinct, Window: time.Hour, Max: 20}}, 1},
	}
	for _, c := range cases {
		m, perKey := filled(b, c.windows, c.slots)
		keys := make([]string, 1<<16)
		for i := range keys {
			one := []Charge{{}}
			set(one, i*15)
			keys[i] = one[0].Key
		}
		run := func(b *testing.B, next func() bool) {
			charges := append([]Charge(nil), c.windows...)
			for i := 0; next(); i++ {
				key := keys[i*7919&(len(keys)-1)] // not in the order of filling
				for j := range charges {
					charges[j].Key, charges[j].Value = key, key
				}
				if _, err := m.Take(context.Background(), at, charges); err != nil {
					b.Fatal(err)
				}
			}
		}
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			run(b, b.Loop)
			b.ReportMetric(perKey, "B/key")
		})
		b.Run(c.name+"/parallel", func(b *testing.B) {
			b.RunParallel(func(pb *testing.PB) { run(b, pb.Next) })
		})
	}
}
