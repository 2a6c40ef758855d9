package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

// patience is the time that a verb has to end after a signal before the program ends without it.
const patience = 3 * time.Second

// stopSignals are those that ask the program to end: Ctrl-C, a closed terminal, and what kill and
// batch systems send. A hang-up or an interrupt that was ignored when the program started, by nohup
// for instance, stays ignored; of other signals Go does not know it.
func stopSignals() []os.Signal {
	var heard []os.Signal
	for _, s := range signalsHere() {
		if !signal.Ignored(s) {
			heard = append(heard, s)
		}
	}
	return heard
}

// signalled is the error of a verb that a signal ended.
type signalled struct{ signal os.Signal }

// Error names the signal as the system does.
func (s *signalled) Error() string { return fmt.Sprintf("stopped by signal %v", s.signal) }

// code is the exit code that a shell reports for the signal: 130 for Ctrl-C, 143 for SIGTERM.
func (s *signalled) code() int {
	if number, ok := s.signal.(syscall.Signal); ok {
		return 128 + int(number)
	}
	return 128
}

// stopper receives the signals that end the program. The first cancels the context of the running verb.
// A run takes the signals over, because it ends after its iteration.
type stopper struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	heard  chan os.Signal
	forced chan *signalled // a signal that the verb did not obey in time, or a second one

	mutex sync.Mutex
	taker chan os.Signal // nil if nobody took over
}

// listen begins to receive signals.
func listen() *stopper {
	s := &stopper{heard: make(chan os.Signal, 4), forced: make(chan *signalled, 2)}
	s.ctx, s.cancel = context.WithCancelCause(context.Background())
	if signals := stopSignals(); len(signals) > 0 { // an empty list would mean all
		signal.Notify(s.heard, signals...)
	}
	go s.hear()
	return s
}

func (s *stopper) hear() {
	for sig := range s.heard {
		s.mutex.Lock()
		taker := s.taker
		s.mutex.Unlock()
		end := &signalled{sig}
		switch {
		case taker != nil:
			select {
			case taker <- sig:
			default: // it has two already
			}
		case s.ctx.Err() != nil:
			s.force(end)
		default:
			s.cancel(end)
			time.AfterFunc(patience, func() { s.force(end) })
		}
	}
}

func (s *stopper) force(end *signalled) {
	select {
	case s.forced <- end:
	default:
	}
}

// take hands the signals over until release.
func (s *stopper) take() (signals <-chan os.Signal, release func()) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.taker = make(chan os.Signal, 2)
	return s.taker, func() {
		s.mutex.Lock()
		defer s.mutex.Unlock()
		s.taker = nil
	}
}

// close stops receiving signals.
func (s *stopper) close() {
	signal.Stop(s.heard)
	close(s.heard)
}

// cause is the signal that cancelled the context; nil if none did.
func (s *stopper) cause() error {
	if s.ctx.Err() == nil {
		return nil
	}
	return context.Cause(s.ctx)
}
