package remote

import (
	_ "embed"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

//go:embed serve.py
var server string

// protocol is the version of the frames that serve.py exchanges.
const protocol = 2

// Ops of serve.py.
const (
	opReset      = 1
	opStep       = 2
	opReward     = 3
	opTerminated = 4
	opRender     = 5
)

// Time limits of an environment that the user gives none.
const (
	startLimit = 5 * time.Minute // imports of large simulators
	stepLimit  = time.Minute
)

// ErrEnvironment marks failures of an environment.
var ErrEnvironment = errors.New("the environment failed")

// ErrPython marks a Python that cannot be started, or that lacks Gymnasium.
var ErrPython = errors.New("no Python with Gymnasium")

// Gymnasium is one environment in a Python process of its own. One goroutine at a time may play it;
// others may ask it for rewards and terminations meanwhile.
type Gymnasium struct {
	Hello Hello
	Obs   []float64 // [O] the observation after the last Reset or Step
	Info  []float64 // [K] the entries of its info that were asked for
	// Success is the is_success of the info of the last step, 0 or 1; NaN where there is none.
	Success float64

	name  string
	conn  *Conn
	child *child
	limit time.Duration
	low   []float64 // [A]
	high  []float64
	body  []byte

	once sync.Once
	mu   sync.Mutex // holds for one exchange
	err  error
}

// OpenGymnasium starts an environment.
func OpenGymnasium(r Request) (*Gymnasium, error) {
	python, err := findPython(r.Python)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(python, "-X", "faulthandler", "-u", "-c", server)
	cmd.Env = append(os.Environ(), "OMP_NUM_THREADS="+orOne(os.Getenv("OMP_NUM_THREADS")))
	c, err := startChild(cmd, r.Diagnostics)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrPython, python, err)
	}
	g := &Gymnasium{name: r.ID, conn: NewConn(c, 0), child: c, limit: stepLimit}
	if r.StepLimit > 0 {
		g.limit = r.StepLimit
	}
	if err := g.greet(r, python); err != nil {
		return nil, errors.Join(err, g.Close())
	}
	return g, nil
}

func orOne(text string) string {
	if text == "" {
		return "1"
	}
	return text
}

// findPython finds the program that runs environments.
func findPython(python string) (string, error) {
	if python != "" {
		path, err := exec.LookPath(python)
		if err != nil {
			return "", fmt.Errorf("%w: %w; name another by --python", ErrPython, err)
		}
		return path, nil
	}
	for _, name := range []string{"python3", "python"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%w: neither python3 nor python is in PATH; name one by --python", ErrPython)
}

// greet exchanges request and hello.
func (g *Gymnasium) greet(r Request, python string) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if err := g.conn.SendLine(text, startLimit); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrEnvironment, r.ID, g.child.explain(err))
	}
	line, err := g.conn.ReceiveLine(startLimit)
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrEnvironment, r.ID, g.child.explain(err))
	}
	h := &g.Hello
	if err := json.Unmarshal(line, h); err != nil {
		return fmt.Errorf("%w: %s: hello: %w", ErrProtocol, r.ID, err)
	}
	if h.Error != "" {
		return refusal(r.ID, python, h)
	}
	o, a := width(h.Observation), width(h.Action)
	if h.Protocol != protocol || o == 0 || a == 0 {
		return fmt.Errorf("%w: %s: hello of protocol %d with %d observation and %d action numbers", ErrProtocol, r.ID, h.Protocol, o, a)
	}
	g.Obs, g.Info = make([]float64, o), make([]float64, len(r.Info))
	for _, s := range h.Action {
		for i := range s.Low {
			if len(s.High) != len(s.Low) || s.Low[i] == nil || s.High[i] == nil || !(*s.Low[i] < *s.High[i]) {
				return fmt.Errorf("%w: %s: action %s has no bounds low < high", ErrProtocol, r.ID, s.Name)
			}
			g.low, g.high = append(g.low, *s.Low[i]), append(g.high, *s.High[i])
		}
	}
	return nil
}

// refusal is the error of an environment that could not be made: the last line says why. Only what failed is
// ErrEnvironment, not an id that is unknown or an environment that is not for palmal.
func refusal(id, python string, h *Hello) error {
	lines := strings.Split(h.Error, "\n")
	last := lines[len(lines)-1]
	if h.Kind == "ModuleNotFoundError" && (strings.Contains(last, "'gymnasium'") || strings.Contains(last, "'numpy'")) {
		return fmt.Errorf("%w: %s: %s; install it (%s -m pip install gymnasium), or name another Python by --python", ErrPython, python, last, python)
	}
	_, why, _ := strings.Cut(last, ": ")
	switch h.Kind {
	case "Refused", "NameNotFound", "NamespaceNotFound", "VersionNotFound", "DeprecatedEnv": // Gymnasium's words say what there is
		return fmt.Errorf("gym:%s: %s", id, why)
	}
	return fmt.Errorf("%w: %s: %s\n%s", ErrEnvironment, id, last, h.Error)
}

// ask sends a frame and returns the answer's payload.
func (g *Gymnasium) ask(op byte, payload []byte) ([]byte, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.err != nil {
		return nil, g.err
	}
	err := g.conn.Send(op, payload, g.limit)
	var answer []byte
	if err == nil {
		var got byte
		if got, answer, err = g.conn.Receive(g.limit); err == nil && got != op {
			err = fmt.Errorf("%w: op %d answers op %d", ErrProtocol, got, op)
		}
	}
	if err != nil {
		g.err = fmt.Errorf("%w: %s: %w", ErrEnvironment, g.name, g.child.explain(err))
	}
	return answer, g.err
}

// take reads numbers off the front of an answer.
func take(answer []byte, into []float64) ([]byte, error) {
	if len(answer) < 8*len(into) {
		return nil, fmt.Errorf("%w: an answer of %d bytes, want %d", ErrProtocol, len(answer), 8*len(into))
	}
	for i := range into {
		into[i] = math.Float64frombits(binary.LittleEndian.Uint64(answer[8*i:]))
	}
	return answer[8*len(into):], nil
}

// state takes the observation and the info of an answer.
func (g *Gymnasium) state(answer []byte) ([]byte, error) {
	answer, err := take(answer, g.Obs)
	if err == nil {
		answer, err = take(answer, g.Info)
	}
	return answer, err
}

// Reset begins an episode, a function of the seed.
func (g *Gymnasium) Reset(seed uint64) error {
	g.Success = math.NaN()
	answer, err := g.ask(opReset, binary.LittleEndian.AppendUint64(nil, seed))
	if err == nil {
		_, err = g.state(answer)
	}
	return err
}

// Step applies an action [A] in ±1, which the environment's bounds scale.
func (g *Gymnasium) Step(action []float64) (reward float64, terminated, truncated bool, err error) {
	g.body = g.appendActions(g.body[:0], action)
	answer, err := g.ask(opStep, g.body)
	if err == nil {
		answer, err = g.state(answer)
	}
	if err == nil && len(answer) != 11 {
		err = fmt.Errorf("%w: a step ends with %d bytes, want 11", ErrProtocol, len(answer))
	}
	if err != nil {
		return 0, false, false, err
	}
	if g.Success = float64(answer[10]); answer[10] > 1 {
		g.Success = math.NaN()
	}
	return math.Float64frombits(binary.LittleEndian.Uint64(answer)), answer[8] != 0, answer[9] != 0, nil
}

// appendActions scales actions [n,A] in ±1 to the environment's bounds.
func (g *Gymnasium) appendActions(to []byte, actions []float64) []byte {
	for i, a := range actions {
		low, high := g.low[i%len(g.low)], g.high[i%len(g.low)]
		x := min(max(low+(a+1)/2*(high-low), low), high)
		to = binary.LittleEndian.AppendUint64(to, math.Float64bits(x))
	}
	return to
}

func appendNumbers(to []byte, x []float64) []byte {
	for _, v := range x {
		to = binary.LittleEndian.AppendUint64(to, math.Float64bits(v))
	}
	return to
}

// Close ends the environment; closing twice does nothing.
func (g *Gymnasium) Close() error {
	g.once.Do(func() {
		_ = g.conn.Close()
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.err == nil {
			g.err = fmt.Errorf("%w: %s: it was closed", ErrEnvironment, g.name)
		}
	})
	return nil
}
