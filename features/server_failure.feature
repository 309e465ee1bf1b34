@N-05 @P-09 @setup-servers
Feature: A server fails
  The centre's servers stand behind a signalling gateway. When one fails another takes over, and nobody who talks
  notices.

  Scenario: Caller and agent talk on
    Given agent 1001 is on duty and ready
    And a caller is talking with agent 1001
    When the server that serves fails
    Then another server serves within 2 seconds
    And the caller and agent 1001 hear each other
    And the supervisor sees agent 1001 as "talking"
    When agent 1001 hangs up
    Then the caller is cleared with cause "normal call clearing" within 5 seconds

  Scenario: The second server fails, too
    Given agent 1001 is on duty and ready
    And a caller is talking with agent 1001
    When the server that serves fails
    Then another server serves within 2 seconds
    When the failed server is switched on again
    And the server that serves fails
    Then another server serves within 2 seconds
    And the caller and agent 1001 hear each other

  Scenario: Waiting callers keep their places
    Given a first caller is waiting in the queue
    And a second caller is waiting in the queue
    When the server that serves fails
    Then another server serves within 2 seconds
    And the first caller hears waiting music within 3 seconds
    And the supervisor sees 2 callers waiting
    When agent 1001 signs on and becomes ready
    Then the telephone of agent 1001 rings within 2 seconds
    When agent 1001 answers
    Then the first caller and agent 1001 hear each other

  Scenario: Callers reach the centre afterwards
    Given agent 1001 is on duty and ready
    And the server that serves fails
    When 3 seconds pass
    And a caller dials the menu number
    Then the call is answered within 2 seconds

  Scenario: A passing call between the ISDN and the telephone network goes on
    Given a caller of the ISDN network talks with a subscriber of the telephone network
    When the server that serves fails
    Then another server serves within 2 seconds
    And the caller and the subscriber hear each other
    When the caller of the passing call hangs up
    Then the subscriber is cleared with cause "normal call clearing" within 2 seconds
    And both circuits are free again within 2 seconds

  Scenario: A server that only stands by is not missed
    Given agent 1001 is on duty and ready
    And a caller is talking with agent 1001
    When the server that stands by fails
    And 3 seconds pass
    Then the caller and agent 1001 hear each other
