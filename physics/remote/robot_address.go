package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
)

// Words with which an address begins.
const (
	UnixAddress  = "unix:"
	TCPAddress   = "tcp:"
	InboxAddress = "inbox:"
)

// ErrAddress marks an address of a robot that is none.
var ErrAddress = errors.New("want a command, unix:PATH, tcp:PORT, tcp:HOST:PORT or inbox:FOLDER")

// CheckAddress refuses what is no address. A port alone is one of this machine only.
func CheckAddress(address string) error {
	rest := address
	for _, word := range []string{UnixAddress, TCPAddress, InboxAddress} {
		if after, ok := strings.CutPrefix(address, word); ok {
			rest = after
		}
	}
	switch {
	case strings.TrimSpace(rest) == "":
		return fmt.Errorf("%q: %w", address, ErrAddress)
	case strings.HasPrefix(address, TCPAddress):
		if _, _, err := net.SplitHostPort(listenOn(rest)); err != nil {
			return fmt.Errorf("%q: %w: %w", address, ErrAddress, err)
		}
	case rest == address: // a command
		if word, _, ok := strings.Cut(address, ":"); ok && !strings.ContainsAny(word, `/\ .`) && len(word) > 1 {
			return fmt.Errorf("%q: unknown kind of address %q: %w", address, word, ErrAddress)
		}
	}
	return nil
}

// listenOn is host and port of a TCP address without its first word. Without a host it is this machine's own.
func listenOn(rest string) string {
	if port := strings.TrimPrefix(rest, ":"); !strings.Contains(port, ":") { // package net takes ":7400" for every network
		return net.JoinHostPort("127.0.0.1", port)
	}
	return rest
}

// OpenRobot returns the robot at an address: a command, which is started as a child, or a socket, on which the
// robot's process calls. What a child writes to its standard error goes to diagnostics; nil: nowhere. say is told
// what is waited for; nil: nobody.
func OpenRobot(address string, task RobotTask, diagnostics io.Writer, say func(string)) (*Robot, error) {
	if err := CheckAddress(address); err != nil {
		return nil, err
	}
	task.Protocol = RobotProtocol
	r := &Robot{task: task, silence: longestSilence, leave: func() error { return nil }, explain: func(err error) error { return err }}
	if say == nil {
		say = func(string) {}
	}
	r.say = say
	if path, ok := strings.CutPrefix(address, UnixAddress); ok {
		_ = removeStale(path)
		return r, r.listen("unix", path, address, say)
	}
	if rest, ok := strings.CutPrefix(address, TCPAddress); ok {
		return r, r.listen("tcp", listenOn(rest), address, say)
	}
	return r, r.start(address, diagnostics)
}

// removeStale removes the socket of a process that was killed. One that somebody answers is left alone.
func removeStale(path string) error {
	info, err := os.Lstat(path)
	if err != nil || info.Mode()&os.ModeSocket == 0 {
		return err
	}
	if c, err := net.Dial("unix", path); err == nil {
		return c.Close()
	}
	return os.Remove(path)
}

// listen waits for the robot on a socket: one process at a time.
func (r *Robot) listen(network, on, address string, say func(string)) error {
	l, err := net.Listen(network, on)
	if err != nil {
		return fmt.Errorf("%s: %w", address, err)
	}
	r.leave, r.returns = func() error { return unlessClosed(l.Close()) }, true
	r.explain = func(err error) error { return fmt.Errorf("the robot on %s: %w", address, err) }
	r.joins = func(ctx context.Context) (*Conn, error) {
		say("waiting for the robot on " + strings.TrimSuffix(address, on) + l.Addr().String())
		defer context.AfterFunc(ctx, func() { _ = l.Close() })()
		c, err := l.Accept()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", address, err)
		}
		return NewConn(c, mostRobotFrame), nil
	}
	return nil
}

// unlessClosed passes over the error of a second Close: the end of a wait for a caller closes the socket, too.
func unlessClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// start starts the robot's process. The shell is not asked: words are divided at spaces.
func (r *Robot) start(command string, diagnostics io.Writer) error {
	words := strings.Fields(command)
	if _, err := exec.LookPath(words[0]); err != nil { // before anything is written
		return fmt.Errorf("robot: %w", err)
	}
	started := false
	var c *child
	r.joins = func(context.Context) (*Conn, error) {
		switch {
		case r.lost != nil: // it died or hung within the last episode, of which the steps until then counted
			return nil, r.lost
		case started:
			return nil, fmt.Errorf("%s: the robot's process is gone", words[0])
		}
		started = true
		var err error
		if c, err = startChild(exec.Command(words[0], words[1:]...), diagnostics); err != nil {
			return nil, fmt.Errorf("robot: %w", err)
		}
		return NewConn(c, mostRobotFrame), nil
	}
	r.explain = func(err error) error {
		if c == nil {
			return err
		}
		return fmt.Errorf("the robot %s: %w", words[0], c.explain(err))
	}
	return nil
}
