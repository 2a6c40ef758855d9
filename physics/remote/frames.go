package remote

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// MostFrame is the largest payload of a frame, bytes. A picture of 4096 × 4096 pixels fits.
const MostFrame = 64 << 20

// mostHello is the largest hello line, bytes.
const mostHello = 4 << 20

// OpError is the op of a frame whose payload is the text of an error, a traceback for instance.
const OpError = 255

// headBytes is the size of a frame's head: u8 op, u32 length.
const headBytes = 5

var (
	// ErrTimeout marks the error for a frame that did not come within its time.
	ErrTimeout = errors.New("no answer in time")
	// ErrClosed marks the error for a peer that closed the connection, or died.
	ErrClosed = errors.New("the connection was closed")
	// ErrProtocol marks the error for what does not follow the protocol.
	ErrProtocol = errors.New("not the protocol")
)

// PeerError is an error that the peer reports.
type PeerError struct{ Text string }

// Error returns the peer's text.
func (e *PeerError) Error() string { return e.Text }

// Conn exchanges frames over a stream. One goroutine may send while another one receives. After an error of the
// stream, a timeout included, the connection is of no use: it is closed, and every later call fails.
type Conn struct {
	stream io.ReadWriteCloser
	in     *bufio.Reader
	most   int
	head   [headBytes]byte
	out    []byte

	once sync.Once
	shut error
}

// NewConn returns a connection over the stream, whose frames hold at most most bytes; 0 means MostFrame. The stream's
// Close must make blocked reads and writes of it return, as it does for pipes and sockets.
func NewConn(stream io.ReadWriteCloser, most int) *Conn {
	if most <= 0 {
		most = MostFrame
	}
	return &Conn{stream: stream, in: bufio.NewReaderSize(stream, 1<<16), most: most}
}

// Close closes the stream; closing twice does nothing.
func (c *Conn) Close() error {
	c.once.Do(func() { c.shut = c.stream.Close() })
	return c.shut
}

// within runs an exchange that must end within limit; 0 is no limit. The stream is closed when time is up.
func (c *Conn) within(limit time.Duration, exchange func() error) error {
	if limit <= 0 {
		return exchange()
	}
	timer := time.AfterFunc(limit, func() {
		if peer, ok := c.stream.(interface{ Abort() }); ok {
			peer.Abort() // it does not answer, so it need not be waited for
		}
		_ = c.Close()
	})
	err := exchange()
	if !timer.Stop() {
		return fmt.Errorf("%w (%v)", ErrTimeout, limit)
	}
	return err
}

// Send writes one frame within limit; 0 is no limit.
func (c *Conn) Send(op byte, payload []byte, limit time.Duration) error {
	if len(payload) > c.most {
		return fmt.Errorf("a frame of %d bytes: at most %d are sent", len(payload), c.most)
	}
	c.out = append(c.out[:0], op)
	c.out = binary.LittleEndian.AppendUint32(c.out, uint32(len(payload)))
	c.out = append(c.out, payload...)
	return c.within(limit, func() error {
		_, err := c.stream.Write(c.out)
		return closed(err)
	})
}

// Receive reads one frame within limit; 0 is no limit. A frame of OpError is returned as a *PeerError. The payload is
// the caller's.
func (c *Conn) Receive(limit time.Duration) (op byte, payload []byte, err error) {
	err = c.within(limit, func() error {
		if _, err := io.ReadFull(c.in, c.head[:]); err != nil {
			return closed(err)
		}
		op = c.head[0]
		n := int64(binary.LittleEndian.Uint32(c.head[1:]))
		if n > int64(c.most) {
			return fmt.Errorf("%w: a frame of op %d announces %d bytes, at most %d are read", ErrProtocol, op, n, c.most)
		}
		payload, err = readGrowing(c.in, int(n))
		return closed(err)
	})
	switch {
	case err != nil:
		_ = c.Close() // what follows in the stream cannot be told apart
		return op, nil, err
	case op == OpError:
		return op, nil, &PeerError{string(payload)}
	}
	return op, payload, nil
}

// readGrowing reads n bytes. It takes memory as they come, not as they are announced.
func readGrowing(in io.Reader, n int) ([]byte, error) {
	const chunk = 1 << 20
	if n <= chunk {
		b := make([]byte, n)
		_, err := io.ReadFull(in, b)
		return b, err
	}
	var b bytes.Buffer
	_, err := io.CopyN(&b, in, int64(n))
	return b.Bytes(), err
}

// SendLine writes one line, which must not hold a line feed, within limit; 0 is no limit.
func (c *Conn) SendLine(line []byte, limit time.Duration) error {
	if bytes.IndexByte(line, '\n') >= 0 {
		return fmt.Errorf("%w: a hello of several lines", ErrProtocol)
	}
	return c.within(limit, func() error {
		_, err := c.stream.Write(append(bytes.Clone(line), '\n'))
		return closed(err)
	})
}

// ReceiveLine reads one line, without its line feed, within limit; 0 is no limit.
func (c *Conn) ReceiveLine(limit time.Duration) (line []byte, err error) {
	err = c.within(limit, func() error {
		for {
			part, err := c.in.ReadSlice('\n')
			line = append(line, part...)
			switch {
			case len(line) > mostHello:
				return fmt.Errorf("%w: a hello longer than %d bytes", ErrProtocol, mostHello)
			case err == nil:
				line = line[:len(line)-1]
				return nil
			case !errors.Is(err, bufio.ErrBufferFull):
				return closed(err)
			}
		}
	})
	if err != nil {
		_ = c.Close()
		return nil, err
	}
	return line, nil
}

// closed marks the errors of a stream that ended.
func closed(err error) error {
	if err == nil || errors.Is(err, ErrProtocol) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrClosed, err)
}
