package physics

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/palmal-rl/palmal/physics/remote"
)

// recorded is a robot that plays what was recorded, and then no more.
type recorded struct{ plays []remote.Played }

func (r *recorded) Play(context.Context, uint64, int, func(int, []float64, []float64), func([]float64) bool) (remote.Played, error) {
	if len(r.plays) == 0 {
		return remote.Played{}, errors.New("nothing more is recorded")
	}
	p := r.plays[0]
	r.plays = r.plays[1:]
	return p, nil
}

func (r *recorded) Close() error { return nil }

// breaches are episodes of the joint that break a rule each, by a word of the refusal.
func breaches() map[string]remote.Played {
	fine := func() remote.Played {
		return remote.Played{Observations: []float64{0, 0, 0.5, 0.25, 1, 0.25}, Actions: []float64{0.25, 0.25}, Times: []float64{7, 7.05, 7.1}}
	}
	all := map[string]remote.Played{}
	for _, want := range []string{"", "angle is 2.5", "torque is 1.5", "changes by 0.75", "0.2 s between"} {
		p := fine()
		switch want {
		case "angle is 2.5":
			p.Observations[2] = 2.5
		case "torque is 1.5":
			p.Actions[0] = 1.5
		case "changes by 0.75":
			p.Actions[1] = 1
		case "0.2 s between":
			p.Times[2] = 7.25
		}
		all[want] = p
	}
	return all
}

// The episodes of a run make it again from an inbox, so lockstep keeps none that an inbox refuses.
func TestLockstepKeepsWhatAnInboxTakes(t *testing.T) {
	all := breaches()
	for want, breach := range all {
		var said []string
		o := &outside{task: robotTaskOf(t), say: func(text string) { said = append(said, text) }}
		l := &lockstep{&recorded{[]remote.Played{breach, all[""]}}, o}
		batch, _, err := l.play(context.Background(), 4, nil)
		if err != nil || len(batch) != 1 || !slices.Equal(batch[0].Observations, []float32{0, 0, 0.5, 0.25, 1, 0.25}) {
			t.Fatalf("%q: batch %v, error %v; want the episode that is fine", want, batch, err)
		}
		if text := strings.Join(said, "\n"); (want == "") != (text == "") || !strings.Contains(text, want) {
			t.Errorf("said %q, want %q", text, want)
		}
		always := &lockstep{&recorded{slices.Repeat([]remote.Played{breach}, mostRefused)}, o}
		if _, _, err := always.play(context.Background(), 4, nil); want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("a robot that always breaks the rules: error %v, want one with %q", err, want)
		}
	}
}

// While the stop of a robot is pressed, it ends every episode in its first observation: it is asked now and then, and that is said.
func TestRobotThatIsStoppedIsAskedNowAndThen(t *testing.T) {
	var said []string
	o := &outside{task: robotTaskOf(t), say: func(text string) { said = append(said, text) }}
	stopped := remote.Played{Observations: []float64{0, 0}, Times: []float64{1}, Aborted: true}
	began := time.Now()
	l := &lockstep{&recorded{[]remote.Played{stopped, stopped, breaches()[""]}}, o}
	if batch, _, err := l.play(context.Background(), 4, nil); err != nil || len(batch) != 1 {
		t.Fatalf("batch %v, error %v; want the episode that was played", batch, err)
	}
	if took := time.Since(began); !(took >= 2*robotPause) {
		t.Errorf("was asked three times in %v, want pauses of %v", took, robotPause)
	}
	if len(said) != 1 || !strings.Contains(said[0], "episode 4") {
		t.Errorf("said %q, want once that episode 4 was ended", said)
	}
	ctx, cancel := context.WithTimeout(context.Background(), robotPause/2)
	defer cancel()
	l = &lockstep{&recorded{slices.Repeat([]remote.Played{stopped}, 3)}, o}
	if _, _, err := l.play(ctx, 4, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want that of the context", err)
	}
}

// Where the robot took its own action, or a command was lost, the limit counts from what was applied: steps of 0.5 from there.
func TestRateLimitCountsFromWhatWasApplied(t *testing.T) {
	w, _ := scriptedWorld(t, memory{})
	act := w.outside.limited(0, func(_ uint64, _ int, _, action []float32) { action[0] = 1 })
	for _, c := range [][2]float64{{0, 0.5}, {-0.75, -0.25}, {0.75, 1}, {-9, -1}} {
		action := []float64{c[0]}
		if act(1, []float64{0, 0}, action); action[0] != c[1] {
			t.Errorf("%g after %g, want %g", action[0], c[0], c[1])
		}
	}
}

// Rounding to float32 changes a step of 0.7 in a box of ±1000 by up to 6e-5, more than a box of ±1 is allowed.
func TestRateOfALargeActionMayBeRounded(t *testing.T) {
	joint := robotTaskOf(t)
	joint.Action[0].Low, joint.Action[0].High, joint.Drive.Rate = -1000, 1000, 0.7
	e := good(0.5, 1)
	e.Actions = nil
	for i := range 1000 {
		e.Actions = append(e.Actions, float32(0.7*float64(i)))
	}
	if err := checkRate(joint, e); err != nil {
		t.Error(err)
	}
	e.Actions[500] += 0.1
	if err := checkRate(joint, e); err == nil {
		t.Error("a step of 0.8 was taken")
	}
}

// A first action that is in the box and changes by no more than the rate from 0 does not exist, so every episode would be refused.
func TestRateThatDoesNotReachTheBoxIsRefused(t *testing.T) {
	for low, fine := range map[float64]bool{0.5: true, 0.6: false} {
		joint := robotTaskOf(t)
		joint.Action[0].Low = low
		o, err := openOutside(joint, Options{Outside: &OutsideOptions{Address: "unix:" + filepath.Join(t.TempDir(), "arm")}})
		if fine != (err == nil) || err != nil && (!errors.Is(err, ErrOutside) || !strings.Contains(err.Error(), "torque")) {
			t.Errorf("box [%g, 1], rate 0.5: error %v", low, err)
		}
		if err == nil {
			_ = o.player.Close()
		}
	}
}
