// Package remote speaks with worlds in other processes.
//
// A peer is at the other end of pipes or of a socket. Its first message is a line of JSON, the hello; after it both
// sides exchange frames: u8 op, u32 length (little endian), payload. The transport, [Conn], knows nothing of what the
// frames say; the operations of Gymnasium environments stand in gymnasium.go.
package remote
