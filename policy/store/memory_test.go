package store_test

import (
	"testing"

	"sluice/policy/store"
	"sluice/policy/store/storetest"
)

func TestMemory(t *testing.T) {
	storetest.Run(t, func(t testing.TB) store.Store {
		m, err := store.OpenMemory(store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return m
	})
}
