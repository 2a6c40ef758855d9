package physics

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/palmal-rl/palmal/physics/task"
)

// Judgement is what random episodes reveal about a task.
type Judgement struct {
	Task      string   `json:"task"`
	Episodes  int      `json:"episodes"`
	Steps     int      `json:"steps"`
	Speed     float64  `json:"steps_per_second"`
	Lasting   float64  `json:"mean_length"` // mean length, decisions
	Ended     int      `json:"terminated"`  // episodes that terminated
	Repeats   bool     `json:"repeats"`     // the same seed gives the same episodes, with one worker and with two
	Entries   []Spread `json:"observation"`
	Terms     []Spread `json:"reward"`
	Rules     []Rule   `json:"rules"`      // how often the conditions over a step hold
	Drawn     []Spread `json:"randomised"` // numbers that change the model, in these episodes
	Faults    []string `json:"faults"`     // mistakes
	Doubts    []string `json:"doubts"`     // possible mistakes
	Proposals []string `json:"proposed"`   // changes that would make the task easier to learn
}

// Spread summarises the distribution of a number.
type Spread struct {
	Name string  `json:"name"`
	Low  float64 `json:"low"`
	Mean float64 `json:"mean"`
	High float64 `json:"high"`
}

// Bounds of Judge.
const (
	judged     = 8 // episodes
	judgedSeed = 1
	huge       = 1e4  // size of an observation entry beyond which networks learn badly
	unitary    = 1e-4 // tolerance of a unit vector's norm, in float32
	watching   = 25   // steps within which an action must show an effect
	lasting    = 3    // mean decisions of an episode below which there is nothing to learn: what an action leads to comes later
)

// Judge samples random episodes of a task on two workers and reports what they reveal.
func Judge(ctx context.Context, t *task.Task) (*Judgement, error) {
	start := time.Now()
	episodes, err := judgedEpisodes(ctx, t, 2)
	if err != nil {
		return nil, err
	}
	seconds := time.Since(start).Seconds()
	again, err := judgedEpisodes(ctx, t, 1)
	if err != nil {
		return nil, err
	}
	j := &Judgement{Task: t.Name, Episodes: len(episodes), Repeats: slices.EqualFunc(episodes, again, func(a, b Episode) bool {
		return slices.EqualFunc(a.Observations, b.Observations, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) }) &&
			slices.EqualFunc(a.Rewards, b.Rewards, func(x, y float64) bool { return math.Float64bits(x) == math.Float64bits(y) }) // NaN too
	})}
	for _, e := range episodes {
		j.Steps += len(e.Actions) / len(t.Action)
		if e.Terminated {
			j.Ended++
		}
	}
	j.Speed, j.Lasting = float64(j.Steps)/seconds, float64(j.Steps)/float64(len(episodes))
	if !j.Repeats {
		j.Faults = append(j.Faults, "episodes do not repeat under the same seed")
	}
	j.judgeEntries(t, episodes)
	j.judgeKinds(t, episodes)
	j.judgeTerms(t, episodes)
	j.judgeRules(t, episodes)
	if err := j.judgeSources(t); err != nil {
		return j, err
	}
	w, err := Open(t, Options{Workers: 1})
	if err != nil {
		return nil, err
	}
	defer w.Close()
	if err := j.judgeActions(w); err != nil {
		return nil, err
	}
	servos, err := w.doubtServos()
	if err != nil {
		return nil, err
	}
	j.Doubts = append(j.Doubts, servos...)
	return j, j.judgeDrawn(w)
}

// judgedEpisodes samples random episodes.
func judgedEpisodes(ctx context.Context, t *task.Task, workers int) ([]Episode, error) {
	w, err := Open(t, Options{Workers: workers, Lenient: true})
	if err != nil {
		return nil, err
	}
	defer w.Close()
	low, high := t.ActionBox()
	random := func() func(uint64, int, []float32, []float32) {
		return func(episode uint64, step int, _, action []float32) {
			rng := rand.New(rand.NewPCG(episode, uint64(step)))
			for i := range action {
				action[i] = float32(low[i] + (high[i]-low[i])*rng.Float64())
			}
		}
	}
	var all []Episode
	err = w.Sample(ctx, judgedSeed, 0, random, func(e Episode) bool {
		all = append(all, e)
		return len(all) < judged
	})
	return all, err
}

// spread describes a column of rows of width numbers.
func spread(name string, column, width int, each func(visit func(rows []float64))) Spread {
	s := Spread{Name: name, Low: math.Inf(1), High: math.Inf(-1)}
	n := 0.0
	each(func(rows []float64) {
		for i := column; i < len(rows); i += width {
			s.Low, s.High, s.Mean, n = min(s.Low, rows[i]), max(s.High, rows[i]), s.Mean+rows[i], n+1
		}
	})
	s.Mean /= n
	return s
}

// judgeEntries checks the observation.
func (j *Judgement) judgeEntries(t *task.Task, episodes []Episode) {
	var rows [][]float64
	for _, e := range episodes {
		rows = append(rows, widened(e.Observations))
	}
	each := func(visit func([]float64)) {
		for _, r := range rows {
			visit(r)
		}
	}
	width := len(t.Observation)
	for i, e := range t.Observation {
		s := spread(e.Name, i, width, each)
		j.Entries = append(j.Entries, s)
		switch {
		case !(math.Abs(s.Low) <= math.MaxFloat32) || !(math.Abs(s.High) <= math.MaxFloat32):
			j.Faults = append(j.Faults, fmt.Sprintf("%s is not finite", observed(e)))
		case max(math.Abs(s.Low), math.Abs(s.High)) > huge:
			j.Doubts = append(j.Doubts, fmt.Sprintf("%s goes from %.4g to %.4g: another unit, or clip it", observed(e), s.Low, s.High))
		case s.Low == s.High && e.Kind != task.Constant:
			j.Doubts = append(j.Doubts, fmt.Sprintf("%s is always %.6g", observed(e), s.Low+0)) // no -0
		case e.Kind == task.Predicted && e.Unit == "rad" && s.High-s.Low > 2*math.Pi:
			j.Proposals = append(j.Proposals, fmt.Sprintf("%s turns through more than a whole turn: observe its sine and cosine instead (formula: sin(value))%s", observed(e), inNewFile(t)))
		}
	}
	j.proposeUnits(t, rows)
}

// observed names an entry of the observation. Those of an environment may be called observation themselves.
func observed(e task.Entry) string {
	return "observation " + strings.TrimPrefix(e.Name, "observation ")
}

// inNewFile says how to get a task file to change; "" where the task has one.
func inNewFile(t *task.Task) string {
	if t.Environment == nil || t.Folder != "" {
		return ""
	}
	return fmt.Sprintf(", in the file that palmal tasks new NAME --env gym:%s writes", t.Environment.ID)
}

// proposeUnits finds adjacent entries that are always a unit vector and are not declared to be one.
func (j *Judgement) proposeUnits(t *task.Task, rows [][]float64) {
	width := len(t.Observation)
	for first := 0; first < width; {
		size := 0
		for n := 2; n <= 4 && size == 0; n++ { // the fewest: zeros change no norm
			if first+n <= width && isUnit(t.Observation[first:first+n], rows, first, width) {
				size = n
			}
		}
		if size > 0 {
			j.Proposals = append(j.Proposals, fmt.Sprintf("%s to %s are a unit vector: declare kind: unit%s", observed(t.Observation[first]), t.Observation[first+size-1].Name, inNewFile(t)))
		}
		first += max(size, 1)
	}
}

func isUnit(entries []task.Entry, rows [][]float64, first, width int) bool {
	for _, e := range entries {
		if e.Kind != task.Predicted {
			return false
		}
	}
	moves := false
	for _, r := range rows {
		for at := first; at < len(r); at += width {
			sum := 0.0
			for i, x := range r[at : at+len(entries)] {
				sum += x * x
				moves = moves || x != rows[0][first+i]
			}
			if !(math.Abs(math.Sqrt(sum)-1) < unitary) {
				return false
			}
		}
	}
	return moves
}

// judgeTerms checks the reward.
func (j *Judgement) judgeTerms(t *task.Task, episodes []Episode) {
	for i, term := range t.Terms {
		s := spread(term.Name, i, len(t.Terms), func(visit func([]float64)) {
			for _, e := range episodes {
				visit(e.Rewards)
			}
		})
		j.Terms = append(j.Terms, s)
		if s.Mean-s.Mean != 0 {
			j.Faults = append(j.Faults, fmt.Sprintf("reward %s is not finite", term.Name))
		}
	}
	same := slices.IndexFunc(j.Terms, func(s Spread) bool { return s.Low != s.High }) < 0
	if same && j.Ended == 0 {
		j.Doubts = append(j.Doubts, "the reward is the same in every step of every episode: there is nothing to learn from")
	}
	if j.Lasting < lasting {
		j.Doubts = append(j.Doubts, fmt.Sprintf("random episodes end after %.3g decisions", j.Lasting))
	}
}
