package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/nn"
)

// picky is a device that leaves every task to the host.
type picky struct{ nn.Backend }

func (picky) ScoredOnHost(nn.Task) error {
	return errors.New("the reward keeps 200 numbers at one time")
}

// A backend that scores on the host although it is a device is not silent about it; one that has no device is.
func TestScoringOnTheHostIsSaid(t *testing.T) {
	for _, c := range []struct {
		backend nn.Backend
		want    string
	}{{picky{}, "warning: the reward keeps 200 numbers at one time"}, {struct{ nn.Backend }{}, ""}} {
		var said strings.Builder
		(&program{err: usage.NewOutput(&said)}).warnOfHost(c.backend, nil)
		if (said.Len() > 0) != (c.want != "") || !strings.Contains(said.String(), c.want) {
			t.Errorf("%T: %q, want %q", c.backend, said.String(), c.want)
		}
	}
}
