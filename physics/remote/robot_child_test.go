package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"
)

// asRobot tells a process of these tests that it is the robot, and how it ends.
const asRobot = "PALMAL_TEST_ROBOT"

// endAsRobot plays two steps over the standard streams, and then dies or hangs.
func endAsRobot(t *testing.T, how string) {
	p := &puppet{t, NewConn(struct {
		io.Reader
		io.WriteCloser
	}{os.Stdin, os.Stdout}, 0)}
	_, err := p.conn.ReceiveLine(0)
	if err = errors.Join(err, p.conn.SendLine([]byte(goodHello), 0)); err != nil {
		t.Fatal(err)
	}
	p.want(OpBegin)
	p.observe(0, 0, 0, 1, 0, 1, 0)
	p.want(OpAct)
	p.observe(1, 0, 0, 2, 0.5, 2, 0)
	p.want(OpAct)
	fmt.Fprintln(os.Stderr, "the battery is low")
	if how == "dies" {
		os.Exit(9)
	}
	time.Sleep(time.Hour)
}

// The steps until a child died or hung counted; why nobody plays the next episode is said then.
func TestChildThatEndsWithinAnEpisodeIsQuoted(t *testing.T) {
	if how := os.Getenv(asRobot); how != "" {
		endAsRobot(t, how)
	}
	for how, want := range map[string]string{"dies": "exit status 9", "hangs": "no answer in time (2s); the process was ended"} {
		t.Setenv(asRobot, how)
		r, err := OpenRobot(os.Args[0]+" -test.run ^"+t.Name()+"$", joint(), nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.silence = 2 * time.Second // the child may start slowly, and only one that hangs takes so long
		first, err := r.Play(context.Background(), 0, 0, echo, far)
		if err != nil || !first.Aborted || len(first.Actions) != 1 {
			t.Fatalf("%s: episode %+v, error %v; want one step", how, first, err)
		}
		_, err = r.Play(context.Background(), 1, 0, echo, far)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "the battery is low") {
			t.Errorf("%s: error %v, want one with %q and the last words", how, err, want)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}
