package scoring

import (
	"slices"
	"strings"

	"sluice/scoring/model"
)

// Bounds of what the model reads beside words.
const (
	maxModelLinks = 60 // links of a message
	maxLinkWords  = 6  // words of a link's text
	maxModelParts = 5  // MIME parts whose place counts
	maxMailboxes  = 20 // addresses in the text
)

// Features returns what the model weighs of a message, for training.
func (s *Scorer) Features(m *Message, in Input) (*model.Bag, error) {
	m.Parse()
	f := newFacts(m, in)
	var err error
	f.words, err = s.words.tallyUp(f.text)
	bag := new(model.Bag)
	f.features(bag)
	return bag, err
}

// features puts what a message is made of into a bag.
func (f *facts) features(bag *model.Bag) {
	to := f.firstRecipient()
	f.authorFeatures(bag)
	f.recipientFeatures(bag, to)
	f.linkFeatures(bag)
	f.markupFeatures(bag)
	f.headerFeatures(bag)
	f.structureFeatures(bag)
	for _, a := range f.files {
		if a.ext != "" {
			bag.Add(model.Attachment, "file ."+a.ext)
		}
		bag.Add(model.Attachment, "file of type "+a.Type)
		bag.Add(model.Attachment, "file name "+shape(a.Name))
	}
	f.textFeatures(bag, to)
}

// textFeatures come last: a long text leaves no room for others, and gets as
// much as there is.
func (f *facts) textFeatures(bag *model.Bag, to string) {
	name, _, _ := strings.Cut(to, "@")
	words := newWordReader(bag, name)
	words.read(withoutTags(f.m.Subject()), model.Subject, model.Subject)
	subject := words.topics.found(maxTopicPairs)
	words.read(f.ownText(), model.Word, model.Pair)
	f.topicFeatures(bag, words, subject)
	words.read(f.display, model.Author, model.Author)
}

// topicFeatures tells what a message speaks of, which topics go together, and
// which go with an author and links that do not belong together.
func (f *facts) topicFeatures(bag *model.Bag, words *wordReader, subject []int) {
	names := words.topics.names
	add := func(feature string) { bag.Add(model.Topic, feature) }
	for _, t := range subject {
		add("subject of " + names[t])
	}
	found := words.topics.found(maxTopicPairs)
	relation := f.relation()
	for i, t := range found {
		add("about " + names[t])
		if words.topics.counts[t] > 2 {
			add("much about " + names[t])
		}
		add(names[t] + ", " + relation)
		for _, other := range found[:i] {
			add(names[min(t, other)] + " and " + names[max(t, other)])
		}
	}
}

// withoutTags removes what replies, lists and filters put before a subject.
func withoutTags(subject string) string {
	for {
		subject = strings.TrimSpace(subject)
		rest := subject
		if colon := strings.IndexByte(rest, ':'); colon >= 0 && slices.Contains(replyMarks, strings.ToLower(rest[:colon])) {
			rest = rest[colon+1:]
		} else if tag, after, closed := strings.Cut(rest, "]"); closed && strings.HasPrefix(tag, "[") {
			rest = after
		}
		if rest == subject {
			return subject
		}
		subject = rest
	}
}

var replyMarks = []string{"re", "fwd", "fw", "aw", "wg", "sv", "antw", "enc", "tr", "rv"}
