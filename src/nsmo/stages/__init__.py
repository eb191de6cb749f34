"""What the stages do: frames in, frames and evidence out. A notebook calls one of these modules."""
