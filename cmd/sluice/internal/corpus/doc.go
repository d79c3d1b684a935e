// Package corpus trains and measures on labelled mail: folders of messages
// that a manifest says what they are of. The commands train and evaluate are
// made of it.
package corpus
