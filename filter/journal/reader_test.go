package journal

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// reading opens a journal with the given records, and a reader beside it.
func reading(t testing.TB, records ...*Record) (*Journal, *Reader) {
	t.Helper()
	j := open(t, Options{})
	for _, r := range records {
		j.Record(r)
	}
	flush(t, j)
	r, err := OpenReader(j.options.Path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return j, r
}

func recordRefs(records []Record) []string {
	var list []string
	for _, r := range records {
		list = append(list, r.Ref)
	}
	return list
}

func TestFind(t *testing.T) {
	same := numbered(3)
	same.QueueID = "Q1" // used again
	lower := numbered(4)
	lower.Ref, lower.QueueID = "0L1O0A1B", "4xk"
	lower.Ref = NormalizeRef(lower.Ref)
	_, r := reading(t, numbered(1), numbered(2), same, lower)
	for _, c := range []struct {
		name, key string
		want      []string
	}{
		{"by reference", "00000002", []string{"00000002"}},
		{"by a reference as it is spoken", "0l1o-oaib", []string{"01100A1B"}},
		{"by queue id, newest first", "Q1", []string{"00000003", "00000001"}},
		{"a queue id keeps its case", "4XK", nil},
		{"unknown", "ZZZZZZZZ", nil},
		{"empty", "", nil},
		{"no pattern", "%", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := r.Find(t.Context(), c.key)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, recordRefs(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestFindNothingUnderAnEmptyQueueID(t *testing.T) {
	refused := numbered(1)
	refused.QueueID = ""
	_, r := reading(t, refused)
	got, err := r.Find(t.Context(), "")
	if err != nil || len(got) != 0 {
		t.Errorf("found %v (%v)", recordRefs(got), err)
	}
}

func TestFindIsBounded(t *testing.T) {
	for _, n := range []int{maxFound, maxFound + 1} {
		var records []*Record
		for i := range n {
			r := numbered(i)
			r.QueueID = "Q"
			records = append(records, r)
		}
		_, r := reading(t, records...)
		got, err := r.Find(t.Context(), "Q")
		if err != nil || len(got) != maxFound || got[0].Ref != numbered(n-1).Ref {
			t.Errorf("%d of %d found (%v)", len(got), n, err)
		}
	}
}

func TestQueryFilters(t *testing.T) {
	other := numbered(2)
	other.Client.Addr, other.Sender, other.Group = "2001:db8::7", "ip:2001:db8::/64", "others"
	other.From, other.Verdict.Action = "B@Example.ORG", "accept"
	null := numbered(3)
	null.From = ""
	_, r := reading(t, numbered(0), numbered(1), other, null)
	at := func(n int) time.Time { return numbered(n).Time }
	for _, c := range []struct {
		name   string
		filter Filter
		want   string // last letters of the references
	}{
		{"all, newest first", Filter{}, "3210"},
		{"since is included", Filter{Since: at(2)}, "32"},
		{"until is not", Filter{Until: at(2)}, "10"},
		{"between", Filter{Since: at(1), Until: at(3)}, "21"},
		{"client", Filter{Client: "203.0.113.7"}, "310"},
		{"client written differently", Filter{Client: "2001:DB8:0::7"}, "2"},
		{"client behind a mapped address", Filter{Client: "::ffff:203.0.113.7"}, "310"},
		{"client that is no address", Filter{Client: "h7"}, ""},
		{"sender", Filter{Sender: "login:bob"}, "310"},
		{"from", Filter{From: "a@example.net"}, "10"},
		{"from in another case", Filter{From: "b@EXAMPLE.org"}, "2"},
		{"from of a domain", Filter{From: "@Example.net"}, "10"},
		{"from of half a domain", Filter{From: "@ample.net"}, ""},
		{"from longer than any", Filter{From: "@" + strings.Repeat("a", 300)}, ""},
		{"action", Filter{Action: "accept"}, "2"},
		{"group", Filter{Group: "others"}, "2"},
		{"all conditions hold at once", Filter{Group: "others", Action: "reject"}, ""},
		{"at most", Filter{Limit: 2}, "32"},
		{"at most of what is selected", Filter{Client: "203.0.113.7", Limit: 2}, "31"},
		{"text of SQL", Filter{Sender: "' OR 1=1 --"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got strings.Builder
			for record, err := range r.Query(t.Context(), c.filter) {
				if err != nil {
					t.Fatal(err)
				}
				got.WriteByte(record.Ref[len(record.Ref)-1])
			}
			if got.String() != c.want {
				t.Errorf("got %q, want %q", got.String(), c.want)
			}
		})
	}
}

func TestQueryReadsInPagesEvenWithinOneMoment(t *testing.T) {
	for _, n := range []int{pageRows, pageRows + 1, 2*pageRows + 3} {
		records := make([]*Record, n)
		for i := range records {
			records[i] = numbered(i)
			records[i].Time = noon
		}
		_, r := reading(t, records...)
		next := n
		for record, err := range r.Query(t.Context(), Filter{}) {
			if err != nil {
				t.Fatal(err)
			}
			if next--; record.Ref != numbered(next).Ref {
				t.Fatalf("%s after %d", record.Ref, next+1)
			}
		}
		if next != 0 {
			t.Errorf("%d of %d records missing", next, n)
		}
	}
}

func TestQueryLimitAroundAPage(t *testing.T) {
	records := make([]*Record, pageRows+2)
	for i := range records {
		records[i] = numbered(i)
	}
	j, _ := reading(t, records...)
	for _, limit := range []int{1, pageRows - 1, pageRows, pageRows + 1} {
		if got := refs(t, j.options.Path, Filter{Limit: limit}); len(got) != limit {
			t.Errorf("limit %d: %d records", limit, len(got))
		}
	}
}

func TestQueryCanBeLeft(t *testing.T) {
	_, r := reading(t, numbered(1), numbered(2))
	for record, err := range r.Query(t.Context(), Filter{}) {
		if err != nil || record.Ref != "00000002" {
			t.Errorf("got %s (%v)", record.Ref, err)
		}
		break
	}
}

func TestQueryEndsWithItsContext(t *testing.T) {
	_, r := reading(t, numbered(1))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	n := 0
	for _, err := range r.Query(ctx, Filter{}) {
		if n++; !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want context.Canceled", err)
		}
	}
	if n != 1 {
		t.Errorf("%d steps", n)
	}
}

func TestReaderSeesWhatIsWrittenLater(t *testing.T) {
	j, r := reading(t, numbered(1))
	j.Record(numbered(2))
	flush(t, j)
	got, err := r.Find(t.Context(), "00000002")
	if err != nil || len(got) != 1 {
		t.Errorf("found %v (%v)", recordRefs(got), err)
	}
}

func TestWriterAndReaderDoNotWaitForEachOther(t *testing.T) {
	j, r := reading(t, numbered(1), numbered(2))
	n := 0
	for _, err := range r.Query(t.Context(), Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		n++
		j.Record(numbered(10 + n))
		flush(t, j)
	}
	if n != 2 {
		t.Errorf("%d records read, want the 2 that were there before", n)
	}
}

func TestReaderCannotWrite(t *testing.T) {
	_, r := reading(t, numbered(1))
	if _, err := r.pool.Exec("DELETE FROM record"); err == nil {
		t.Error("deleted")
	}
}

func TestOpenReaderOfNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, File)
	if _, err := OpenReader(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("OpenReader = %v, want fs.ErrNotExist", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Error("reading has made a file")
	}
	write(t, path, nil)
	if _, err := OpenReader(path); err == nil || !strings.Contains(err.Error(), "empty") {
		t.Errorf("of an empty file: %v", err)
	}
	write(t, path, []byte(strings.Repeat("no database ", 1000)))
	if _, err := OpenReader(path); !errors.Is(err, errDamaged) {
		t.Errorf("of another file: %v", err)
	}
}

func TestQueriesUseTheIndexes(t *testing.T) {
	j, _ := reading(t, numbered(1))
	db := rawDatabase(t, j.options.Path)
	for _, c := range []struct{ condition, index string }{
		{"true", "record_time"},
		{"client = '203.0.113.7'", "record_client"},
		{"sender = 'login:bob'", "record_sender"},
	} {
		plan := queryPlan(t, db, "SELECT json FROM record WHERE "+c.condition+" AND (time, id) < (1, 1) ORDER BY time DESC, id DESC LIMIT 10")
		if !strings.Contains(plan, c.index) || strings.Contains(plan, "TEMP B-TREE") {
			t.Errorf("%s: %s", c.condition, plan)
		}
	}
	plan := queryPlan(t, db, "SELECT json FROM record WHERE ref = 'a' OR queue_id = 'a' ORDER BY time DESC, id DESC LIMIT 10")
	if !strings.Contains(plan, "record_ref") || !strings.Contains(plan, "record_queue_id") {
		t.Errorf("find: %s", plan)
	}
}

func queryPlan(t *testing.T, db *sql.DB, query string) string {
	t.Helper()
	rows, err := db.Query("EXPLAIN QUERY PLAN " + query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var plan []string
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			t.Fatal(err)
		}
		plan = append(plan, step)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(plan, "; ")
}
