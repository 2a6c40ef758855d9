package remote

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"
)

// RobotProtocol is the version of the lockstep protocol; docs/protocol.md describes it.
const RobotProtocol = 1

// Ops of frames in lockstep.
const (
	OpBegin   = 1 // palmal to robot: an episode may begin
	OpObserve = 2 // robot to palmal: what it observes now
	OpAct     = 3 // palmal to robot: what to do now
	OpEnd     = 4 // palmal to robot: the episode is over
)

// flagAborted marks an observation that ends its episode, because the robot or somebody beside it says so.
const flagAborted = 1

// mostRobotFrame is the largest frame of a robot, bytes: some thousand numbers.
const mostRobotFrame = 1 << 20

// RobotTask is what a robot is told of its task.
type RobotTask struct {
	Protocol    int       `json:"protocol"`
	Task        string    `json:"task"`
	Observation []string  `json:"observation"`    // names of the entries that the robot sends, in their order
	Action      []string  `json:"action"`         // names of the entries that it is sent
	Low         []float64 `json:"low"`            // box of the actions
	High        []float64 `json:"high"`           //
	Rate        float64   `json:"rate,omitempty"` // largest change of an action per step; 0: none
	Step        float64   `json:"step"`           // time between two observations, s
	Horizon     int       `json:"horizon"`        // steps after which an episode is cut
	Budget      float64   `json:"budget"`         // time that an answer may take, s
}

// robotHello is what a robot says of itself. A size of 0 is not said.
type robotHello struct {
	Protocol    int    `json:"protocol"`
	Name        string `json:"name"`
	Observation int    `json:"observation"`
	Action      int    `json:"action"`
}

// Played is an episode of T steps as a robot played it.
type Played struct {
	Observations []float64 // [T+1,O]
	Actions      []float64 // [T,A] as the robot applied them
	Times        []float64 // [T+1] the robot's clock, s
	Aborted      bool      // it was not over, but nobody can play on
	Missed       int       // steps in which the robot took its own action, because no answer came in time
	Late         int       // answers that took more than the budget to compute
}

// steps is T.
func (p *Played) steps() int { return len(p.Times) - 1 }

// Robot plays episodes in lockstep with a robot's process, which is the clock: it sends what it observes and does
// what it is answered, or, where no answer comes within the budget, what it knows to be safe.
type Robot struct {
	task    RobotTask
	joins   func(ctx context.Context) (*Conn, error) // connects to the process
	leave   func() error
	explain func(error) error
	returns bool // whether a process that is gone may come back, and strangers may call
	say     func(string)
	silence time.Duration // longest silence within an episode, unless ten steps are longer
	refused bool          // the last one who called did not say who it is, or was not the robot
	conn    *Conn         // nil: nobody is connected
	played  bool          // it has played an episode, of which frames may come still
	lost    error         // why the last connection was of no use any more
}

// longestSilence is the one of a robot's process.
const longestSilence = 30 * time.Second

// patience is the longest silence within an episode. Between two episodes people may need any time.
func (r *Robot) patience() time.Duration {
	return max(r.silence, time.Duration(10*r.task.Step*float64(time.Second)))
}

// Close ends the connection; the process sees that, and stops.
func (r *Robot) Close() error {
	var err error
	if r.conn != nil {
		err = r.conn.Close()
	}
	return errors.Join(err, r.leave())
}

// greet exchanges hellos with a process that has just connected.
func (r *Robot) greet(c *Conn) error {
	const limit = 10 * time.Second
	text, err := json.Marshal(r.task)
	if err != nil {
		return err
	}
	if err := c.SendLine(text, limit); err != nil {
		return err
	}
	line, err := c.ReceiveLine(limit)
	if err != nil {
		return err
	}
	var hello robotHello
	if err := json.Unmarshal(line, &hello); err != nil {
		return fmt.Errorf("%w: the robot's hello %.60q: %w", ErrProtocol, line, err)
	}
	switch t := r.task; {
	case hello.Protocol != RobotProtocol:
		err = fmt.Errorf("%w: the robot speaks version %d, palmal %d", ErrProtocol, hello.Protocol, RobotProtocol)
	case hello.Observation != 0 && hello.Observation != len(t.Observation), hello.Action != 0 && hello.Action != len(t.Action):
		err = fmt.Errorf("%w: the robot %s has %d observation entries and %d actions, the task %s %d and %d", ErrProtocol, hello.Name,
			hello.Observation, hello.Action, t.Task, len(t.Observation), len(t.Action))
	}
	if err != nil {
		_ = c.Send(OpError, []byte(err.Error()), limit)
	}
	return err
}

// join waits until a process is connected.
func (r *Robot) join(ctx context.Context) error {
	if r.conn != nil {
		return nil
	}
	c, err := r.joins(ctx)
	if r.refused = false; err != nil {
		return err
	}
	if err := r.greet(c); err != nil {
		_ = c.Close()
		r.refused = true
		return r.explain(err)
	}
	r.conn, r.played = c, false
	return nil
}

// drop forgets a connection that is of no use any more, and remembers why.
func (r *Robot) drop(why error) {
	r.lost = r.explain(why) // a process that is ended by the next line would be said to have been killed
	_ = r.conn.Close()
	r.conn = nil
}

// Play plays episode number by the given policy: act fills the action [A] for the observation [O] at step t, which holds what the robot
// applied before, zeros at step 0; over reports whether the task ends the episode in an observation. An episode of which the robot plays at least a step
// and vanishes is aborted; one that has not begun waits for the robot to come back, if it may.
func (r *Robot) Play(ctx context.Context, number uint64, policy int, act func(t int, obs, action []float64), over func(obs []float64) bool) (Played, error) {
	begin := binary.LittleEndian.AppendUint64(nil, number)
	begin = binary.LittleEndian.AppendUint64(begin, uint64(int64(policy)))
	for {
		if err := r.join(ctx); err != nil {
			if r.returns && r.refused && ctx.Err() == nil {
				r.say("refused a caller: " + err.Error())
				continue
			}
			return Played{}, err
		}
		var p Played
		err := r.conn.Send(OpBegin, begin, r.patience())
		if err == nil {
			err = r.play(ctx, &p, act, over)
		}
		if err == nil {
			r.played = true
			return p, nil
		}
		r.drop(err)
		gone := errors.Is(err, ErrClosed) || errors.Is(err, ErrTimeout)
		switch {
		case gone && p.steps() > 0:
			p.Actions, p.Aborted = p.Actions[:p.steps()*len(r.task.Action)], true
			if r.returns { // else the next episode says it
				r.say(fmt.Sprintf("episode %d was cut after step %d: %v", number, p.steps(), r.lost))
			}
			return p, nil
		case ctx.Err() != nil:
			return p, ctx.Err()
		case !gone || !r.returns:
			return p, r.lost
		}
	}
}

// play exchanges observations and actions until the episode is over. An episode that has begun is played to its
// end: ctx only ends the wait for its first observation.
func (r *Robot) play(ctx context.Context, p *Played, act func(t int, obs, action []float64), over func(obs []float64) bool) error {
	width := len(r.task.Action)
	action, applied := make([]float64, width), make([]float64, width)
	for t := 0; ; t++ {
		aborted, at, err := r.observe(ctx, p, t, applied)
		if err != nil {
			return err
		}
		if t > 0 {
			p.Actions = append(p.Actions, applied...)
		}
		obs := p.Observations[t*len(r.task.Observation):]
		switch {
		case aborted:
			p.Aborted = true
			return nil
		case t > 0 && over(obs), t == r.task.Horizon:
			return r.conn.Send(OpEnd, binary.LittleEndian.AppendUint32(nil, uint32(t)), r.patience())
		}
		if clear(action); t > 0 {
			copy(action, applied)
		}
		act(t, obs, action)
		if err := r.conn.Send(OpAct, appendFloats(binary.LittleEndian.AppendUint32(nil, uint32(t)), action), r.patience()); err != nil {
			return err
		}
		if time.Since(at).Seconds() > r.task.Budget {
			p.Late++
		}
	}
}

// observe receives observation t and the action that the robot applied before it, and says when it came.
func (r *Robot) observe(ctx context.Context, p *Played, t int, applied []float64) (aborted bool, at time.Time, err error) {
	limit := r.patience()
	if t == 0 { // people set the robot up
		limit = 0
		conn := r.conn
		defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	}
	op, payload, err := r.conn.Receive(limit)
	for t == 0 && r.played && err == nil && op == OpObserve && len(payload) > 4 && binary.LittleEndian.Uint32(payload) != 0 {
		op, payload, err = r.conn.Receive(limit) // a frame of the episode before, whose end the robot had not read yet
	}
	at = time.Now()
	const head = 4 + 1 + 4 + 8 // u32 step, u8 flags, u32 missed, f64 time
	want := head + 8*(len(applied)+len(r.task.Observation))
	switch {
	case err != nil:
		return false, at, err
	case op != OpObserve:
		return false, at, fmt.Errorf("%w: a frame of op %d, want an observation (%d)", ErrProtocol, op, OpObserve)
	case len(payload) != want:
		return false, at, fmt.Errorf("%w: an observation of %d bytes, want %d for %d actions and %d entries", ErrProtocol, len(payload), want,
			len(applied), len(r.task.Observation))
	}
	if step := binary.LittleEndian.Uint32(payload); step != uint32(t) && t == 0 {
		return false, at, fmt.Errorf("%w: the first observation is of step %d, want step 0", ErrProtocol, step)
	} else if step != uint32(t) {
		return false, at, fmt.Errorf("%w: observation %d after %d: every step counts", ErrProtocol, step, t-1)
	}
	flags, missed := payload[4], binary.LittleEndian.Uint32(payload[5:])
	numbers := readFloats(payload[head-8:])
	for i, x := range numbers {
		if time := i == 0; x-x != 0 || !time && math.Abs(x) > math.MaxFloat32 {
			return false, at, fmt.Errorf("%w: number %d of observation %d (time, actions, entries) is %v: want one that is finite in float32", ErrProtocol, i, t, x)
		}
	}
	if t > 0 && !(numbers[0] > p.Times[t-1]) {
		return false, at, fmt.Errorf("%w: observation %d is of %g s, the one before of %g s", ErrProtocol, t, numbers[0], p.Times[t-1])
	}
	if int64(missed) < int64(p.Missed) || int64(missed) > int64(t) {
		return false, at, fmt.Errorf("%w: %d misses by observation %d, %d before", ErrProtocol, missed, t, p.Missed)
	}
	p.Missed, p.Times = int(missed), append(p.Times, numbers[0])
	copy(applied, numbers[1:])
	p.Observations = append(p.Observations, numbers[1+len(applied):]...)
	return flags&flagAborted != 0, at, nil
}

func appendFloats(to []byte, numbers []float64) []byte {
	for _, x := range numbers {
		to = binary.LittleEndian.AppendUint64(to, math.Float64bits(x))
	}
	return to
}

func readFloats(from []byte) []float64 {
	numbers := make([]float64, len(from)/8)
	for i := range numbers {
		numbers[i] = math.Float64frombits(binary.LittleEndian.Uint64(from[8*i:]))
	}
	return numbers
}
