# Answers bench/business_calendar.py with Ruby's biz, which stands outside the project: the library's folders come by -I.
#
# The first line in is the question {"zone", "hours": [open, close], "holidays": [day], "starts": [epoch second]}, the
# answer says which versions speak. Then every line in is a number of hours, and every line out the ends of the
# additions as epoch seconds and the seconds they took of the processor: the additions alone, Time objects in and out.

require 'json'
require 'biz'

$stdout.sync = true
asked = JSON.parse($stdin.gets)
opening, closing = asked['hours']
schedule = Biz::Schedule.new do |config|
  config.hours = %i[mon tue wed thu fri].to_h { |day| [day, {opening => closing}] }
  config.holidays = asked['holidays'].map { |day| Date.iso8601(day) }
  config.time_zone = asked['zone']
end
starts = asked['starts'].map { |second| Time.at(second).utc }
puts JSON.generate(ruby: RUBY_VERSION, biz: Biz::VERSION)

while (line = $stdin.gets)
  hours = Integer(line)
  begun = Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID)
  ends = starts.map { |start| schedule.time(hours, :hours).after(start) }
  spent = Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID) - begun
  puts JSON.generate(seconds: spent, ends: ends.map(&:to_i))
end
