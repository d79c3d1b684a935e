package scoring

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"sluice/policy/config"
	"sluice/scoring/model"
)

// The model as reports name it.
const (
	ModelRule   = "MODEL"
	LearnedRule = "LEARNED"
	modelCheck  = "model"
)

// maxReasons is how many features a note names.
const maxReasons = 5

// minModelPoints is the least that is worth a line in a report.
const minModelPoints = 0.05

// weigher is the model and how much its word counts.
type weigher struct {
	model    *model.Model // nil if it is switched off
	strength float64
	observe  bool

	learned *model.Learned // what the site has taught; nil for nothing
	most    float64        // points that it may give, either way
}

func compileModel(c ModelConfig, dir string, ps *config.Problems) weigher {
	w := weigher{strength: c.Strength, observe: c.Observe, most: c.Learned}
	if !(c.Learned >= 0 && c.Learned <= maxLearnedPoints) {
		ps.Errorf("model.learned", "3 is usual; 0 for none", "%v is out of range (0 to %d)", c.Learned, maxLearnedPoints)
	}
	if !(c.Strength >= 0 && c.Strength <= maxStrength) {
		ps.Errorf("model.strength", "1 takes the points as they are, 0 switches the model off", "%v is out of range (0 to %d)", c.Strength, maxStrength)
	}
	if c.Strength == 0 {
		return w
	}
	var err error
	if w.model, err = readModel(c.File, dir); err != nil {
		ps.Errorf("model.file", "sluice train makes one; without a file the built-in model is used", "%v", err)
	}
	return w
}

// readModel reads a model from a file, or returns the built-in one.
func readModel(path, dir string) (*model.Model, error) {
	if path == "" {
		return model.Default()
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return model.Parse(data)
}

// maxLearnedPoints bounds what examples may be worth.
const maxLearnedPoints = 10

// UseLearned has the scorer heed what sluice learn has written. It is called
// before the first Score.
func (s *Scorer) UseLearned(data []byte) error {
	learned, err := model.ParseLearned(data)
	if err != nil {
		return err
	}
	s.weigher.learned = learned
	return nil
}

// maxStrength bounds what the model's points are multiplied by.
const maxStrength = 10

// bags are used again: a message has hundreds of features.
var bags = sync.Pool{New: func() any { return new(model.Bag) }}

// weigh asks the model about a message.
func (w weigher) weigh(f *facts) finding {
	if w.model == nil && (w.learned == nil || w.most == 0) {
		return finding{}
	}
	bag := bags.Get().(*model.Bag)
	defer func() {
		bag.Reset()
		bags.Put(bag)
	}()
	f.features(bag)
	var result finding
	if bag.Full() {
		result.skipped = append(result.skipped, Skip{modelCheck, "limit"})
	}
	add := func(rule string, points float64, reasons []model.Reason) {
		if points = roundPoints(points); points >= minModelPoints || points <= -minModelPoints {
			result.hits = append(result.hits, Hit{rule, points, explain(reasons), w.observe})
		}
	}
	if w.model != nil {
		points, reasons := w.model.Weigh(bag, maxReasons)
		add(ModelRule, points*w.strength, reasons)
	}
	points, reasons := w.learned.Points(bag, w.most, maxReasons)
	add(LearnedRule, points, reasons)
	return result
}

// Weighed is how the model came to what it says of a message.
type Weighed struct {
	Points float64
	Groups map[string]float64 // what each kind of features adds to the margin
	For    []WeighedFeature   // strongest first
}

// WeighedFeature is a feature and what it adds to the margin.
type WeighedFeature struct {
	Group, Name string
	Margin      float64
}

// Weigh tells how the model sees a message, with the n features that speak
// most for its verdict. There is nothing to tell without a model.
func (s *Scorer) Weigh(m *Message, in Input, n int) (Weighed, error) {
	w := Weighed{Groups: make(map[string]float64)}
	if s.weigher.model == nil {
		return w, nil
	}
	bag, err := s.Features(m, in)
	if err != nil {
		return w, err
	}
	for g, margin := range s.weigher.model.Groups(bag) {
		w.Groups[g.String()] = margin
	}
	points, reasons := s.weigher.model.Weigh(bag, n)
	w.Points = roundPoints(points * s.weigher.strength)
	for _, r := range reasons {
		w.For = append(w.For, WeighedFeature{r.Group.String(), r.Name, r.Margin})
	}
	return w, nil
}

// quotedGroups have features that are words of the message.
var quotedGroups = []model.Group{model.Word, model.Pair, model.Subject}

// explain names features in words.
func explain(reasons []model.Reason) string {
	var words []string
	for _, r := range reasons {
		name := r.Name
		if slices.Contains(quotedGroups, r.Group) && !strings.HasPrefix(name, "(") {
			name = `"` + name + `"`
		}
		words = append(words, name)
	}
	return strings.Join(words, ", ")
}
