package store_test

import (
	"testing"

	"go.uber.org/goleak"

	"sluice/policy/store"
	"sluice/policy/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestMemory(t *testing.T) {
	storetest.Run(t, func(t testing.TB) store.Store { return open(t, store.Options{}) })
}

func TestMemoryOfOneShard(t *testing.T) {
	storetest.Run(t, func(t testing.TB) store.Store { return open(t, store.Options{Capacity: 100}) })
}

// open returns a store that the test has to close.
func open(t testing.TB, o store.Options) *store.Memory {
	t.Helper()
	m, err := store.OpenMemory(o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
