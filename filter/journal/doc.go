// Package journal keeps decision records: it writes them, finds them again and
// tells them in words.
//
// A Journal is opened once by the daemon. Record hands a record over and never
// blocks mail: a bounded queue stands in between, and what does not fit is
// counted. One writer takes records from the queue, encodes each once as JSON,
// and writes it in batches into a SQLite database, to a file of JSON lines, or
// both. A Reader finds records in the database, from any process, while the
// daemon writes. Record.Explain is the path of a decision in words,
// Record.LogValue one line of a mail log.
//
// What is lost, and when:
//   - A full queue (by default 10,000 records) drops what comes; Stats.Dropped.
//   - A database that fails (full disk, damage) is opened again every 10
//     seconds. Until then as many records wait as fit into the queue once more;
//     those beyond are in Stats.Lost. JSON lines do not wait for it.
//   - A damaged database is renamed to PATH.damaged, in the place of an earlier
//     one, and a new one begins.
//   - When the process is killed, what came within Options.Flush (250 ms) and
//     what is queued is gone; after a power cut, perhaps the last batches too.
//   - Retention deletes the oldest records, by age and by size. The size is
//     that of the database: beside it there is a write-ahead log, usually of 4
//     MB, and up to 4 MB of free pages are kept for what comes next.
//
// The fields of a record that a peer controls are shortened: texts to 320
// bytes, lists to 100 entries.
package journal
