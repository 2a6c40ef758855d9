package remote

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// both returns the two ends of a stream.
func both(t *testing.T, most int) (*Conn, net.Conn) {
	t.Helper()
	ours, theirs := net.Pipe()
	t.Cleanup(func() { _, _ = ours.Close(), theirs.Close() })
	return NewConn(ours, most), theirs
}

func TestFramesArriveAsSent(t *testing.T) {
	ours, stream := both(t, 0)
	theirs := NewConn(stream, 0)
	payloads := [][]byte{{}, {1, 2, 3}, bytes.Repeat([]byte{7}, 3<<20)}
	go func() {
		_ = ours.SendLine([]byte(`{"protocol":1}`), time.Minute)
		for i, p := range payloads {
			_ = ours.Send(byte(i), p, time.Minute)
		}
	}()
	if line, err := theirs.ReceiveLine(time.Minute); err != nil || string(line) != `{"protocol":1}` {
		t.Fatalf("hello %q, %v", line, err)
	}
	for i, want := range payloads {
		op, got, err := theirs.Receive(time.Minute)
		if err != nil || op != byte(i) || !bytes.Equal(got, want) {
			t.Fatalf("frame %d: op %d, %d bytes, %v", i, op, len(got), err)
		}
	}
}

func TestAnErrorFrameIsThePeersError(t *testing.T) {
	ours, stream := both(t, 0)
	go func() { _ = NewConn(stream, 0).Send(OpError, []byte("Traceback: boom"), time.Minute) }()
	_, _, err := ours.Receive(time.Minute)
	var peer *PeerError
	if !errors.As(err, &peer) || peer.Text != "Traceback: boom" {
		t.Fatalf("%v", err)
	}
}

func TestBadStreamsAreRefused(t *testing.T) {
	head := func(op byte, n uint32) []byte { return binary.LittleEndian.AppendUint32([]byte{op}, n) }
	cases := map[string]struct {
		bytes []byte
		want  error
	}{
		"nothing":              {nil, ErrClosed},
		"half a head":          {[]byte{1, 0}, ErrClosed},
		"a head alone":         {head(1, 8), ErrClosed},
		"a payload cut":        {append(head(1, 8), 1, 2, 3), ErrClosed},
		"more than the limit":  {head(1, 1<<20+1), ErrProtocol},
		"the largest possible": {head(1, 1<<32-1), ErrProtocol},
	}
	for name, c := range cases {
		ours, stream := both(t, 1<<20)
		go func() {
			_, _ = stream.Write(c.bytes)
			_ = stream.Close()
		}()
		if _, _, err := ours.Receive(time.Minute); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if _, _, err := ours.Receive(time.Minute); err == nil {
			t.Errorf("%s: the connection is used again", name)
		}
	}
}

func TestAHelloWithoutEndIsRefused(t *testing.T) {
	ours, stream := both(t, 0)
	go func() { _, _ = io.Copy(stream, strings.NewReader(strings.Repeat("x", mostHello+1<<16))) }()
	if _, err := ours.ReceiveLine(time.Minute); !errors.Is(err, ErrProtocol) {
		t.Fatalf("%v", err)
	}
}

func TestSilenceIsATimeout(t *testing.T) {
	const limit = 20 * time.Millisecond
	calls := map[string]func(*Conn) error{
		"receive": func(c *Conn) error { _, _, err := c.Receive(limit); return err },
		"line":    func(c *Conn) error { _, err := c.ReceiveLine(limit); return err },
		"send":    func(c *Conn) error { return c.Send(1, []byte("nobody reads"), limit) },
	}
	for name, call := range calls {
		ours, _ := both(t, 0)
		if err := call(ours); !errors.Is(err, ErrTimeout) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
