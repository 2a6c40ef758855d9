// Package movie writes a sequence of pictures to a file: an animated GIF, a contact sheet in PNG, or MP4
// through ffmpeg.
package movie
