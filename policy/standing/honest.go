package standing

import "time"

// Honest says whether what becomes of the sender's mail says something about us rather
// than about the sender: nothing stands against it, and it has a history.
//
// That is mail on an earlier day, or three messages today, of which one or a fifth at
// most was spam.
func (b *Book) Honest(key string, now time.Time) bool {
	return b.is(key, func(s *sender) bool {
		days, messages := s.history(now.Unix())
		return s.stage == Clean && (days || messages >= 3) && s.wellBehaved(now.Unix())
	})
}

// Innocent says whether the sender, whatever stage it has come to, most likely was not
// brought there by spam: it had mail on an earlier day, and what it sent today was not.
// Whoever has sent nothing today was contained before.
func (b *Book) Innocent(key string, now time.Time) bool {
	return b.is(key, func(s *sender) bool {
		days, messages := s.history(now.Unix())
		return days && messages > 0 && s.wellBehaved(now.Unix())
	})
}

// is says whether a sender is known and something holds for it.
func (b *Book) is(key string, so func(*sender) bool) bool {
	sh := b.shard(key)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	s, known := sh.senders[key]
	return known && so(s)
}

// history is whether the sender has sent mail on an earlier day, and how much today.
func (s *sender) history(now int64) (days bool, today uint32) {
	u := s.usage
	u.begin(now)
	return u.days != [len(u.days)]uint8{}, u.messages
}

// wellBehaved says whether no more than one message of today, or a fifth, was spam.
func (s *sender) wellBehaved(now int64) bool {
	u := s.usage
	u.begin(now)
	return u.spam <= max(1, u.messages/5)
}
