// Package campaign knows again what it has seen: it counts near-identical
// messages over time and over senders, whatever they say.
//
// A Print is what is left of a message. Near makes one of the words of a text
// (minhash over pairs of words: [Broder 1997]), so that copies that differ in a
// name, a number or some added words have prints that are alike; Exact makes
// one that is alike only to itself. A Store keeps prints and counts, per
// window, the copies of each, the different senders, and the copies that are
// not of the busiest of them.
//
// Why not simhash: within distance 3 of 64 bits, as banding by four tables
// finds it, two texts share about 99 % of what they consist of. A letter of 60
// words to which ten random ones were added is 10 bits away.
//
// Limits:
//   - key: the print; window: those of Options, each in slots of a sixth, so
//     that a copy counts for its window and up to a sixth longer;
//   - memory: 168 bytes for each of Options.Prints that are kept, and 288 more
//     for one that has been seen twice; what is full forgets the longest idle
//     of a few prints, those that were seen once first;
//   - a print has at most MaxSenders senders, of which the longest idle leaves;
//   - the look-up asks 16 tables and compares at most 16 prints. Of the tables
//     a popular text may take a place away from another; a print comes back to
//     its places whenever it is seen;
//   - a message that a sender sends again, as after a 4xx, is one copy, up to
//     six times: whoever writes the same Message-ID into all his mail gains no
//     more than that. What is known of this is lost in a restart;
//   - a kill -9 forgets what was counted since the last snapshot, and all
//     prints that were seen once; an orderly end forgets nothing.
//
// [Broder 1997]: On the resemblance and containment of documents.
package campaign
