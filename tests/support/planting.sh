# Sourced by whatever plants bugs: a copy of the tree below build/, with one patch at a time in it.

planted=$PWD/build/plant # the copy; whoever sources this stands at the root of the repository

# What has changed since the last time; a bug that was planted then has been taken out again.
refresh_copy() {
  mkdir -p "$planted"
  local each
  for each in *; do # with new times, so that it is built
    [[ $each == build || $each == var ]] || cp -ru --preserve=mode "$each" "$planted/"
  done
}

# with_bug PATCH COMMAND...: runs it with the patch in the copy, which is taken out again.
with_bug() {
  local file=$1 status=0
  shift
  patch -d "$planted" -p1 --no-backup-if-mismatch -s <"$file" ||
    { echo "$(basename "$file" .patch) does not apply" >&2; return 1; }
  "$@" || status=$?
  patch -d "$planted" -p1 --no-backup-if-mismatch -s -R <"$file"
  return "$status"
}

# Objects name their sources relative to the copy, so the compiler cache finds what is as it was.
ccache_for_copy() {
  export CCACHE_BASEDIR=$planted CCACHE_NOHASHDIR=1
  export CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
}
