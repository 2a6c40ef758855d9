package movie

import (
	"context"
	"fmt"
	"image"
	"path/filepath"
	"strings"

	"github.com/palmal-rl/palmal/cmd/palmal/disk"
)

// Picture is one picture of a movie.
type Picture struct {
	Image   *image.RGBA
	Until   float64  // the second of the movie until which it is seen
	NewRow  bool     // begins a row of a contact sheet
	Caption []string // parts of it, the least important first: those go where there is no room
}

// Writer takes the pictures of a movie in order.
type Writer interface {
	// Add adds a picture and owns it from then on. All have to be of one size.
	Add(Picture) error
	// Close writes the file. Without it there is no file.
	Close() error
	// Discard drops the movie; after Close it does nothing.
	Discard() error
}

// Formats lists the endings of the known file formats.
func Formats() []string { return []string{".gif", ".png", ".mp4"} }

// Format returns the ending of a file's name, in lower case.
func Format(path string) string { return strings.ToLower(filepath.Ext(path)) }

// Options belong to single formats.
type Options struct {
	Columns int     // columns of a contact sheet
	FPS     float64 // pictures per second of MP4
}

// Create begins a movie in the format of its file's ending. That it can be written is tried first.
func Create(ctx context.Context, out disk.Output, o Options) (Writer, error) {
	if err := out.Check(); err != nil {
		return nil, err
	}
	switch Format(out.Path) {
	case ".gif":
		return newAnimation(out), nil
	case ".png":
		return newSheet(out, o.Columns), nil
	case ".mp4":
		return newVideo(ctx, out, o.FPS)
	}
	return nil, fmt.Errorf("%s: unknown format, known are %s", out.Path, strings.Join(Formats(), ", "))
}
