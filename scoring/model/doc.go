// Package model weighs what a message is made of. It knows nothing of mail: a
// Bag holds the features of one message, hashed, each in a group; a Model has a
// weight for each and turns a Bag into points. It is linear, so that every
// point can be told back to the features that it came from.
//
// Train makes a Model from labelled bags: a linear support vector machine with
// squared hinge loss, by dual coordinate descent (Hsieh et al., A Dual
// Coordinate Descent Method for Large-scale Linear SVM, ICML 2008). It uses
// additions and multiplications only, in a fixed order, so that the same bags
// and seed give the same bytes on every machine.
//
// A feature is a 64-bit hash that falls into one of Size buckets; its text is
// nowhere in a Model. Features of fewer than MinClusters clusters of similar
// messages get no weight, so nothing that only one person wrote leaves a trace.
package model
