// Package journal keeps decision records: it writes them, finds them again and
// exports them. Recording never blocks mail: a bounded queue stands in between
// and what does not fit is counted.
package journal
