package remote

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"time"
)

// child is a process whose standard streams are pipes. It ends with its parent: on Linux the kernel kills it, elsewhere
// its closed input tells it to end.
type child struct {
	io.Writer // its standard input
	io.Reader // its standard output

	cmd    *exec.Cmd
	in     io.Closer
	out    io.Closer
	tail   *tail
	heard  chan struct{} // closed when its standard error has ended
	exited chan struct{} // closed when it has ended
	end    error         // how; valid once exited is closed
	once   sync.Once
}

// patience is how long a child may take to end by itself.
const patience = 3 * time.Second

// startChild starts a command. What it writes to its standard error goes to diagnostics, and its end is kept.
func startChild(cmd *exec.Cmd, diagnostics io.Writer) (*child, error) {
	c := &child{cmd: cmd, tail: &tail{to: diagnostics}, heard: make(chan struct{}), exited: make(chan struct{})}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, errors.Join(err, in.Close())
	}
	c.Writer, c.Reader, c.in, c.out = in, out, in, out
	says, err := c.listen()
	if err != nil {
		return nil, err
	}
	cmd.Stderr = says
	apart(cmd)
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // the kernel kills the child when the thread that started it ends
		if err := cmd.Start(); err != nil {
			started <- err
			return
		}
		started <- nil
		c.end = waitFor(cmd)
		close(c.exited)
	}()
	err = <-started
	_ = says.Close() // the child has its own
	if err != nil {
		return nil, err
	}
	return c, nil
}

// listen keeps what is written to the file that it returns.
func (c *child) listen() (*os.File, error) {
	in, out, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	go func() {
		_, _ = io.Copy(c.tail, in)
		_ = in.Close()
		close(c.heard)
	}()
	return out, nil
}

// waitFor waits until the process has ended, without closing its output, which may hold an answer still.
func waitFor(cmd *exec.Cmd) error {
	state, err := cmd.Process.Wait()
	if err == nil && !state.Success() {
		err = errors.New(state.String())
	}
	return err
}

// Close lets the child end, and kills it and its own children if it does not.
func (c *child) Close() error {
	c.once.Do(func() {
		_ = c.in.Close()
		select {
		case <-c.exited:
		case <-time.After(patience):
		}
		c.kill()
		<-c.exited
		_ = c.out.Close()
	})
	return nil
}

// Abort ends the child at once, after it has written where it hangs.
func (c *child) Abort() {
	if askWhere(c.cmd.Process) {
		time.Sleep(patience / 10)
	}
	c.kill()
}

// kill ends the child and its own children at once.
func (c *child) kill() { killGroup(c.cmd.Process) }

// ended waits shortly for the end of the child, and reports whether and how it ended.
func (c *child) ended() (how error, over bool) {
	select {
	case <-c.exited:
		select {
		case <-c.heard:
		case <-time.After(patience / 10): // its own children may hold it open
		}
		return c.end, true
	case <-time.After(patience / 3):
		return nil, false
	}
}

// tail passes text on and keeps its end.
type tail struct {
	mu   sync.Mutex
	to   io.Writer // nil: nowhere
	kept []byte
}

// mostKept is how much of the standard error is kept, bytes.
const mostKept = 16 << 10

// Write keeps and passes on. A reader that is gone is no failure of the child.
func (t *tail) Write(text []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, text...)
	if over := len(t.kept) - mostKept; over > 0 {
		t.kept = append(t.kept[:0], t.kept[over:]...)
	}
	if t.to != nil {
		_, _ = t.to.Write(text)
	}
	return len(text), nil
}

// last returns the last lines of the text.
func (t *tail) last(lines int) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := strings.Split(strings.TrimSpace(string(t.kept)), "\n")
	if len(all) > lines {
		all = all[len(all)-lines:]
	}
	return strings.Join(all, "\n")
}

// explain adds to the error of an exchange what the child says about it: how it ended, or where it hangs.
func (c *child) explain(err error) error {
	const lines = 40
	switch {
	case errors.Is(err, ErrTimeout):
		err = fmt.Errorf("%w; the process was ended", err)
	case errors.Is(err, ErrClosed):
		how, over := c.ended()
		switch {
		case over && how != nil:
			err = fmt.Errorf("the process died: %w", how)
		case over:
			err = errors.New("the process ended")
		}
	default:
		return err
	}
	if said := c.tail.last(lines); said != "" {
		err = fmt.Errorf("%w; its last words:\n%s", err, said)
	}
	return err
}
