package remote

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// joint is the task of these tests: two numbers observed, one action.
func joint() RobotTask {
	return RobotTask{Task: "joint", Observation: []string{"angle", "rate"}, Action: []string{"torque"}, Low: []float64{-1}, High: []float64{1},
		Step: 0.05, Horizon: 3, Budget: 1}
}

// puppet is the other side of a connection: a robot that does what a test says.
type puppet struct {
	t    *testing.T
	conn *Conn
}

// dial connects a puppet, which exchanges hellos.
func dial(t *testing.T, network, address, hello string) *puppet {
	t.Helper()
	var c net.Conn
	var err error
	for range 200 { // palmal may not listen yet
		if c, err = net.Dial(network, address); err == nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err != nil {
		t.Error(err)
		return nil
	}
	p := &puppet{t, NewConn(c, 0)}
	line, err := p.conn.ReceiveLine(time.Second * 10)
	var task RobotTask
	if err == nil {
		err = json.Unmarshal(line, &task)
	}
	if err == nil && (task.Protocol != 1 || !slices.Equal(task.Observation, joint().Observation) || task.Horizon != 3) {
		t.Errorf("hello %s", line)
	}
	if err = errors.Join(err, p.conn.SendLine([]byte(hello), 0)); err != nil {
		t.Error(err)
	}
	return p
}

// observe sends an observation.
func (p *puppet) observe(step int, flags byte, missed int, numbers ...float64) {
	payload := append(binary.LittleEndian.AppendUint32(nil, uint32(step)), flags)
	payload = appendFloats(binary.LittleEndian.AppendUint32(payload, uint32(missed)), numbers)
	if err := p.conn.Send(OpObserve, payload, 0); err != nil {
		p.t.Error(err)
	}
}

// want receives a frame of an op, and returns its payload.
func (p *puppet) want(op byte) []byte {
	got, payload, err := p.conn.Receive(10 * time.Second)
	if err != nil || got != op {
		p.t.Errorf("op %d, error %v; want op %d", got, err, op)
	}
	return payload
}

const goodHello = `{"protocol":1,"name":"puppet","observation":2,"action":1}`

// echo acts by half the angle, and ends beyond 10.
func echo(_ int, obs, action []float64) { action[0] = obs[0] / 2 }
func far(obs []float64) bool            { return obs[0] > 10 }

// robotOn opens a robot on a socket of its own.
func robotOn(t *testing.T) (*Robot, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "arm")
	r, err := OpenRobot(UnixAddress+path, joint(), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r, path
}

func TestLockstepRecordsWhatTheRobotApplied(t *testing.T) {
	r, path := robotOn(t)
	go func() {
		p := dial(t, "unix", path, goodHello)
		if begin := p.want(OpBegin); len(begin) != 16 || begin[0] != 7 || begin[8] != 4 {
			t.Errorf("begin %v", begin)
		}
		p.observe(0, 0, 0, 100.0, 0, 1, 0)
		if act := p.want(OpAct); readFloats(act[4:])[0] != 0.5 {
			t.Errorf("act %v", act)
		}
		p.observe(1, 0, 0, 100.05, 0.5, 2, 0)
		p.want(OpAct)
		p.observe(2, 0, 1, 100.1, 0.25, 3, 0) // it came too late: the robot's own action
		p.want(OpAct)
		p.observe(3, 0, 1, 100.15, 1.5, 4, 0)
		p.want(OpEnd) // the horizon
		// The next episode: it has not read the end yet, and observes once more.
		p.observe(4, 0, 2, 100.2, 0, 5, 0)
		p.want(OpBegin)
		p.observe(0, 0, 0, 101, 0.75, 5, 0) // nothing was applied in this episode yet, whatever it says
		p.want(OpAct)
		p.observe(1, 0, 0, 101.05, 1, 11, 0)
		p.want(OpEnd) // the task ends it
		p.want(OpBegin)
		p.observe(0, 0, 0, 102, 0, 1, 0)
		p.want(OpAct)
		p.observe(1, 1, 0, 102.05, 0.5, 1, 0) // somebody stops the robot
	}()
	ctx := context.Background()
	var before []float64 // what act is told that was applied before
	act := func(t int, obs, action []float64) {
		before = append(before, action[0])
		echo(t, obs, action)
	}
	first, err := r.Play(ctx, 7, 4, act, far)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(first.Actions, []float64{0.5, 0.25, 1.5}) || !slices.Equal(first.Observations, []float64{1, 0, 2, 0, 3, 0, 4, 0}) ||
		first.Missed != 1 || first.Aborted || len(first.Times) != 4 {
		t.Errorf("first episode %+v", first)
	}
	second, err := r.Play(ctx, 8, 4, act, far)
	if !slices.Equal(before, []float64{0, 0.5, 0.25, 0}) {
		t.Errorf("applied before were %v, want 0, 0.5, 0.25, and 0 at the next begin", before)
	}
	if err != nil || second.Aborted || !slices.Equal(second.Observations, []float64{5, 0, 11, 0}) {
		t.Errorf("second episode %+v, error %v", second, err)
	}
	third, err := r.Play(ctx, 9, 4, echo, far)
	if err != nil || !third.Aborted || len(third.Actions) != 1 {
		t.Errorf("third episode %+v, error %v", third, err)
	}
}

// What was played until a robot vanished happened: it counts. The next episode waits for the robot.
func TestRobotThatVanishesMayComeBack(t *testing.T) {
	r, path := robotOn(t)
	var said string
	r.say = func(text string) { said += text + "\n" }
	go func() {
		p := dial(t, "unix", path, goodHello)
		p.want(OpBegin)
		p.observe(0, 0, 0, 1, 0, 1, 0)
		p.want(OpAct)
		p.observe(1, 0, 0, 2, 0.5, 2, 0)
		p.want(OpAct)
		_ = p.conn.Close()
		p = dial(t, "unix", path, goodHello)
		p.want(OpBegin)
		p.observe(0, 0, 0, 1, 0, 20, 0)
		p.want(OpAct)
		p.observe(1, 0, 0, 2, 1, 20, 0)
		p.want(OpEnd)
	}()
	first, err := r.Play(context.Background(), 0, 0, echo, far)
	if err != nil || !first.Aborted || !slices.Equal(first.Actions, []float64{0.5}) {
		t.Errorf("first episode %+v, error %v", first, err)
	}
	second, err := r.Play(context.Background(), 1, 0, echo, far)
	if err != nil || second.Aborted {
		t.Errorf("second episode %+v, error %v", second, err)
	}
	if want := "episode 0 was cut after step 1: the robot on unix:" + path + ": the connection was closed"; !strings.Contains(said, want) {
		t.Errorf("said %q, want %q", said, want)
	}
}

func TestWhatIsNotTheProtocolIsRefused(t *testing.T) {
	for want, say := range map[string]func(p *puppet){
		"every step counts": func(p *puppet) { p.observe(0, 0, 0, 1, 0, 1, 0); p.want(OpAct); p.observe(2, 0, 0, 2, 0, 1, 0) },
		"is of step 1":      func(p *puppet) { p.observe(1, 0, 0, 1, 0, 1, 0) },
		"an observation of": func(p *puppet) { p.observe(0, 0, 0, 1, 0, 1) },
		"is NaN":            func(p *puppet) { p.observe(0, 0, 0, 1, 0, nan(), 0) },
		"is 1e+39: want one that is finite in float32": func(p *puppet) { p.observe(0, 0, 0, 1, 0, 1e39, 0) },
		"the one before of 2":                          func(p *puppet) { p.observe(0, 0, 0, 2, 0, 1, 0); p.want(OpAct); p.observe(1, 0, 0, 2, 0, 1, 0) },
		"misses by":                                    func(p *puppet) { p.observe(0, 0, 5, 1, 0, 1, 0) },
		"op 9":                                         func(p *puppet) { _ = p.conn.Send(9, nil, 0) },
		"announces 1073741824":                         func(p *puppet) { _, _ = p.conn.stream.Write([]byte{OpObserve, 0, 0, 0, 64}) },
		"the motor is hot":                             func(p *puppet) { _ = p.conn.Send(OpError, []byte("the motor is hot"), 0) },
	} {
		r, path := robotOn(t)
		go func() {
			p := dial(t, "unix", path, goodHello)
			p.want(OpBegin)
			say(p)
		}()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		if _, err := r.Play(ctx, 0, 0, echo, far); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
		cancel()
	}
}

func nan() float64 { x := 0.0; return x / x }

// Anybody may call at a socket: who is not the robot is refused, and the robot is waited for.
func TestWhoIsNotTheRobotIsRefused(t *testing.T) {
	var said []string
	path := filepath.Join(t.TempDir(), "arm")
	r, err := OpenRobot(UnixAddress+path, joint(), nil, func(text string) { said = append(said, text) })
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	strangers := map[string]string{
		`{"protocol":2}`: "version 2",
		`{"protocol":1,"name":"spot","observation":7}`: "spot has 7 observation entries",
		`GET / HTTP/1.1`: "hello",
	}
	go func() {
		for hello := range strangers {
			stranger := dial(t, "unix", path, hello)
			_, _, _ = stranger.conn.Receive(10 * time.Second) // it is told why
		}
		p := dial(t, "unix", path, goodHello)
		p.want(OpBegin)
		p.observe(0, 0, 0, 1, 0, 20, 0)
		p.want(OpAct)
		p.observe(1, 0, 0, 2, 1, 20, 0)
		p.want(OpEnd)
	}()
	if _, err := r.Play(context.Background(), 0, 0, echo, far); err != nil {
		t.Fatal(err)
	}
	for hello, want := range strangers {
		if !strings.Contains(strings.Join(said, "\n"), want) {
			t.Errorf("nothing says %q of %s: %q", want, hello, said)
		}
	}
}

// Nobody may wait for a robot for ever: a cancelled wait ends, with no robot and with one that stands still.
func TestWaitForARobotEndsWhenItIsCancelled(t *testing.T) {
	for _, connected := range []bool{false, true} {
		r, path := robotOn(t)
		if connected {
			go dial(t, "unix", path, goodHello)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
		if _, err := r.Play(ctx, 0, 0, echo, far); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("connected %t: error %v", connected, err)
		}
		cancel()
	}
}

func TestPortAloneIsOfThisMachine(t *testing.T) {
	for _, address := range []string{"tcp:0", "tcp::0"} {
		var said string
		r, err := OpenRobot(address, joint(), nil, func(text string) { said = text })
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_, _ = r.Play(ctx, 0, 0, echo, far)
		if err := r.Close(); err != nil {
			t.Errorf("%s: closed after a wait that was ended: %v", address, err)
		}
		if !strings.Contains(said, "127.0.0.1:") {
			t.Errorf("%s: listens where %q says", address, said)
		}
	}
}

func TestAddressesAreChecked(t *testing.T) {
	for _, good := range []string{"python3 arm.py", "./arm", "unix:/run/arm", "tcp:7400", "tcp:0.0.0.0:7400", "tcp:[::1]:7400", "inbox:episodes"} {
		if err := CheckAddress(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{"", "unix:", "tcp:", "inbox: ", "tcp:a:b:c", "udp:7400", "inboxes:x"} {
		if err := CheckAddress(bad); !errors.Is(err, ErrAddress) {
			t.Errorf("%q: error %v", bad, err)
		}
	}
}
