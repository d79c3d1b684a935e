package standing

import (
	"net/netip"
	"time"
)

// Act is what somebody does to a sender.
type Act struct {
	At  time.Time
	By  string // who
	Why string
}

// Block refuses all mail of a sender, for a term or until it is released. One
// that was never heard of can be blocked, too.
func (b *Book) Block(key, policy string, term Term, a Act) Change {
	return b.act(key, policy, a, func(s *sender) move {
		m := s.to(Blocked, a.At.Unix(), "")
		s.byHand = true
		if term != Forever {
			s.until = m.at + seconds(time.Duration(term))
		}
		return m
	})
}

// Release makes a sender clean: no evidence and no narrower limit is left. What it
// was blocked for counts only if it is blocked again within the time of a
// probation: then for longer.
func (b *Book) Release(key string, a Act) (Change, bool) {
	if !b.knows(key) {
		return Change{}, false
	}
	return b.act(key, "", a, func(s *sender) move {
		m := s.to(Clean, a.At.Unix(), "")
		s.clear()
		if r := b.options.Rules(s.policy); s.rung > 0 && r != nil && r.Probation > 0 {
			s.lived = m.at + seconds(r.Probation)
		} else {
			s.rung, s.lived = 0, 0
		}
		return m
	}), true
}

// Reset forgets a sender, as if it had never been heard of.
func (b *Book) Reset(key string, a Act) (Change, bool) {
	if !b.knows(key) {
		return Change{}, false
	}
	change := b.act(key, "", a, func(s *sender) move { return s.to(Clean, a.At.Unix(), "") })
	sh := b.shard(key)
	sh.mu.Lock()
	sh.drop(key)
	sh.mu.Unlock()
	return change, true
}

func (b *Book) knows(key string) bool {
	sh := b.shard(key)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	_, known := sh.senders[key]
	return known
}

// act carries out what somebody does, and tells of it.
func (b *Book) act(key, policy string, a Act, do func(*sender) move) Change {
	sh := b.shard(key)
	sh.mu.Lock()
	s := b.obtain(sh, key)
	s.seen = max(s.seen, a.At.Unix())
	if s.policy == "" {
		s.policy = policy
	}
	r := b.options.Rules(s.policy)
	if r == nil {
		r = new(Rules)
	}
	c := sh.changes(key, s, r, []move{do(s)})[0]
	sh.mu.Unlock()
	c.By, c.Why = a.By, a.Why
	b.tell([]Change{c})
	return c
}

// Info is all that is known of a sender.
type Info struct {
	Sender string     `json:"sender"`
	Client string     `json:"client,omitempty"` // the address that it used last
	Group  string     `json:"group,omitempty"`
	Policy string     `json:"policy,omitempty"`
	Stage  Stage      `json:"standing"`
	Since  *time.Time `json:"since,omitempty"`
	Until  *time.Time `json:"until,omitempty"`
	Ref    string     `json:"ref,omitempty"` // of the record that led to the stage
	ByHand bool       `json:"by_hand,omitempty"`
	Blocks int        `json:"blocks,omitempty"` // that have not been lived down
	Seen   time.Time  `json:"seen"`

	Points   float64          `json:"points"`
	Kinds    map[Kind]float64 `json:"kinds,omitempty"` // what is left of the points of each
	Evidence []Evidence       `json:"evidence,omitempty"`

	Messages   int     `json:"messages_today"` // today, in UTC
	Spam       int     `json:"spam_today"`
	Recipients int     `json:"recipients_today"`
	Usual      float64 `json:"usual_recipients,omitempty"` // the 95th percentile of its days; 0 without a history
}

// Info returns what is known of a sender at a time.
func (b *Book) Info(key string, now time.Time) (Info, bool) {
	sh := b.shard(key)
	sh.mu.Lock()
	s, known := sh.senders[key]
	if !known {
		sh.mu.Unlock()
		return Info{}, false
	}
	info, changes := b.info(sh, key, s, now)
	sh.mu.Unlock()
	b.tell(changes)
	return info, true
}

func (b *Book) info(sh *shard, key string, s *sender, now time.Time) (Info, []Change) {
	at := now.Unix()
	r := b.options.Rules(s.policy)
	var changes []Change
	if r != nil {
		changes = sh.changes(key, s, r, s.age(r, at))
	}
	info := Info{
		Sender: key, Group: s.group, Policy: s.policy,
		Stage: s.stage, Since: pointer(s.since), Until: pointer(s.until), Ref: s.ref,
		ByHand: s.byHand, Blocks: int(s.rung), Seen: moment(s.seen),
		Evidence: evidenceOf(s.items),
	}
	if s.client != (netip.Addr{}) {
		info.Client = s.client.String()
	}
	if r != nil {
		info.Points = s.total(r, at)
		info.Kinds = make(map[Kind]float64)
		for _, m := range s.marks {
			info.Kinds[m.kind] = m.faded(r.Weights[m.kind], at)
		}
	}
	today := s.usage
	today.begin(at)
	info.Messages, info.Spam, info.Recipients = int(today.messages), int(today.spam), int(today.recipients)
	info.Usual, _ = today.usual()
	return info, changes
}

func pointer(at int64) *time.Time {
	if at == 0 {
		return nil
	}
	t := moment(at)
	return &t
}

// Select walks the senders for which want holds. Senders that change meanwhile may
// be as before or as after.
func (b *Book) Select(now time.Time, want func(*Info) bool) []Info {
	var found []Info
	for i := range b.shards {
		sh := &b.shards[i]
		var told []Change
		sh.mu.Lock()
		for key, s := range sh.senders {
			info, changes := b.info(sh, key, s, now)
			told = append(told, changes...)
			if want(&info) {
				found = append(found, info)
			}
		}
		sh.mu.Unlock()
		b.tell(told)
	}
	return found
}

// Count returns how many senders are at each stage, and how many were forgotten
// because there were too many.
func (b *Book) Count() (stages [Blocked + 1]int, evicted uint64) {
	for i := range b.shards {
		sh := &b.shards[i]
		sh.mu.Lock()
		for _, s := range sh.senders {
			stages[s.stage]++
		}
		evicted += sh.evicted
		sh.mu.Unlock()
	}
	return stages, evicted
}
