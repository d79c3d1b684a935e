package journal

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A database of version 1 keeps its records, and takes new ones.
func TestOlderSchemaIsBroughtUpToDate(t *testing.T) {
	path := filepath.Join(t.TempDir(), File)
	old := rawDatabase(t, path)
	if _, err := old.Exec(schemas[0]); err != nil {
		t.Fatal(err)
	}
	if _, err := old.Exec(`INSERT INTO record (time, ref, queue_id, client, sender, sender_group, policy, mail_from, login, action, reason, score, json)
		VALUES (?, 'AAAAAAAA', 'Q', '', '', '', '', '', '', '', '', 0, '{"time":"2026-05-04T11:00:00Z","ref":"AAAAAAAA","message_id":"<1@example.net>"}')`, noon.UnixMilli()); err != nil {
		t.Fatal(err)
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time there is nothing to do
		j := open(t, Options{Path: path})
		flush(t, j)
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
	j := open(t, Options{Path: path})
	j.Record(numbered(1))
	flush(t, j)
	r, err := OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for _, ref := range []string{"AAAAAAAA", "00000001"} {
		if found, err := r.Find(t.Context(), ref); err != nil || len(found) != 1 {
			t.Errorf("%s: %d records, %v", ref, len(found), err)
		}
	}
	found, err := r.FindMessageID(t.Context(), "<1@example.net>", time.Time{})
	if diff := cmp.Diff([]string{"00000001"}, recordRefs(found)); err != nil || diff != "" {
		t.Errorf("by Message-ID: %v, %s", err, diff)
	}
}

func TestFindMessageID(t *testing.T) {
	other, none := numbered(3), numbered(4)
	other.MessageID, none.MessageID = "<2@example.net>", ""
	_, r := reading(t, numbered(1), numbered(2), other, none)
	for _, c := range []struct {
		name, id string
		since    time.Time
		want     []string
	}{
		{"newest first", "<1@example.net>", noon, []string{"00000002", "00000001"}},
		{"since", "<1@example.net>", noon.Add(2 * time.Second), []string{"00000002"}},
		{"later", "<1@example.net>", noon.Add(3 * time.Second), nil},
		{"another", "<2@example.net>", noon, []string{"00000003"}},
		{"unknown", "<3@example.net>", noon, nil},
		{"not those that have none", "", noon, nil},
		{"no pattern", "%", noon, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			found, err := r.FindMessageID(t.Context(), c.id, c.since)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, recordRefs(found)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// The index is used, or every bounce would cost a walk through the whole journal.
func TestMessageIDHasAnIndex(t *testing.T) {
	_, r := reading(t, numbered(1))
	var id, parent, unused int
	var detail string
	err := r.pool.QueryRow("EXPLAIN QUERY PLAN SELECT json FROM record WHERE message_id = ? AND message_id <> '' AND time >= ?", "x", 1).Scan(&id, &parent, &unused, &detail)
	if err != nil || detail != "SEARCH record USING INDEX record_message_id (message_id=? AND time>?)" {
		t.Errorf("%q, %v", detail, err)
	}
}
